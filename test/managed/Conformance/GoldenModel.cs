namespace Realm.Tests.Conformance;

/// <summary>A model of the reference data, and what a correct engine computes from it.</summary>
/// <param name="Folder">The folder of the reference data whose index names it.</param>
/// <param name="Name">Its name in the index.</param>
/// <param name="Path">The model's file, or the first of its parts.</param>
/// <param name="Tokens">The text.</param>
/// <param name="Bound">How far from the reference a right engine may be (NMSE).</param>
internal sealed record GoldenModel(string Folder, string Name, string Path, int[] Tokens, double Bound)
{
    /// <summary>The file of logits, (tokens, vocabulary), or null.</summary>
    public string? Logits { get; init; }

    /// <summary>The file of hidden states after each layer, (layers, tokens, hidden), or null.</summary>
    public string? Layers { get; init; }

    /// <summary>How far those may be: of a quantized model further than its logits.</summary>
    public double LayersBound { get; init; } = Bound;

    /// <summary>The file of hidden states after the last layer, (tokens, hidden), which an encoder has instead of logits; or null.</summary>
    public string? Hidden { get; init; }

    /// <summary>Every position sees the whole text, so it cannot be given in parts.</summary>
    public bool SeesAll { get; init; }

    /// <summary>The file of an adapter to apply, with its scale; or null.</summary>
    public string? Adapter { get; init; }

    /// <summary>What the adapter's product is multiplied with.</summary>
    public float AdapterScale { get; init; }

    /// <summary>Texts and the vectors they become, which an embedding model has instead of logits; or null.</summary>
    public IReadOnlyList<GoldenText>? Texts { get; init; }

    /// <summary>Folder and name: what it is called in lists and filters.</summary>
    public string Id => $"{Folder}/{Name}";

    public override string ToString() => Id;
}

/// <summary>A text, its vector from weights that are not quantized, and how near llama.cpp comes to it with the file.</summary>
internal sealed record GoldenText(int[] Tokens, float[] Embedding, double Cosine);
