using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// Which special tokens swallow white space beside them. GGUF does not carry this, so it goes by names in the file, as the models'
/// own configurations have it and llama.cpp knows them. The first rule that applies is the only one.
/// </summary>
internal static class StripRules
{
    private const string Pre = "tokenizer.ggml.pre", Architecture = "general.architecture", Name = "general.name";

    private static readonly Rule[] s_all =
    [
        new(Pre, ["jina-v2-de", "jina-v2-es", "jina-v2-code"], TokenAttributes.LeftStrip, Only: ["<mask>"]),
        new(Architecture, ["nomic-bert-moe", "jina-bert-v3"], TokenAttributes.LeftStrip, Only: ["<mask>"]),
        // All of its markers, but for those that it kept of Llama's vocabulary.
        new(Name, ["phi-3", "phi3"], TokenAttributes.RightStrip, Except: ["<unk>", "<s>", "<|endoftext|>"]),
        new(Name, ["modern-bert"], TokenAttributes.LeftStrip, Only: ["[MASK]"]),
    ];

    /// <summary>Adds to the attributes of a vocabulary what its file's names say.</summary>
    public static void Apply(GgufMetadata metadata, Vocabulary vocabulary)
    {
        if (Array.Find(s_all, rule => rule.Applies(metadata)) is not { } found)
        {
            return;
        }
        TokenAttributes[] attributes = vocabulary.Attributes;
        foreach (string text in found.Only ?? [])
        {
            if (vocabulary.Known.TryGetValue(text, out int id))
            {
                attributes[id] |= found.Side;
            }
        }
        if (found.Except is null)
        {
            return;
        }
        for (int id = 0; id < attributes.Length; id++)
        {
            if ((attributes[id] & TokenAttributes.Special) != 0)
            {
                attributes[id] |= found.Side;
            }
        }
        foreach (string text in found.Except)
        {
            if (vocabulary.Known.TryGetValue(text, out int id))
            {
                attributes[id] &= ~found.Side;
            }
        }
    }

    /// <summary>A rule.</summary>
    /// <param name="Key">Of the file's entry that decides.</param>
    /// <param name="Parts">It contains one of these, the case of letters in a model's name aside.</param>
    /// <param name="Side">Where white space belongs to the token.</param>
    /// <param name="Only">The tokens; null: all special ones but...</param>
    /// <param name="Except">... these.</param>
    private sealed record Rule(string Key, string[] Parts, TokenAttributes Side, string[]? Only = null, string[]? Except = null)
    {
        public bool Applies(GgufMetadata metadata) => metadata.Text(Key) is { } text && Array.Exists(Parts,
            part => text.Contains(part, Key == Name ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));
    }
}
