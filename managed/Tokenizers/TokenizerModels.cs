using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>The kinds of tokenizers: the one place that knows their names in files.</summary>
internal static class TokenizerModels
{
    private const string Key = "tokenizer.ggml.model";

    /// <summary>What files without a tokenizer say.</summary>
    private static readonly string[] s_none = ["none", "no_vocab", "test"];

    private static readonly TokenizerModel[] s_all =
    [
        new("gpt2", "byte-pair encoding, with the pre-tokenizer that the file names", BytePairTokenizer.Create),
        new("llama", "SentencePiece BPE", SentencePieceTokenizer.Create),
        new("gemma4", "SentencePiece BPE with merges", metadata => BytePairTokenizer.CreateOwn(metadata, "gemma4")),
        new("t5", "SentencePiece unigram", UnigramTokenizer.Create),
        new("bert", "WordPiece", WordPieceTokenizer.Create),
        new("rwkv", "RWKV World", GreedyTokenizer.Create),
        new("plamo2", "PLaMo 2", LatticeTokenizer.Create),
        new("whitespace", "byte-pair encoding of words without the white space between them", WhitespaceTokenizer.Create),
        new("hybriddna", "byte-level BPE with nucleotides", DnaTokenizer.Create),
    ];

    /// <summary>Names and descriptions, in the table's order.</summary>
    public static IEnumerable<(string Name, string Description)> All => s_all.Select(model => (model.Name, model.Description));

    /// <inheritdoc cref="Tokenizer.Create"/>
    public static Tokenizer? Create(GgufMetadata metadata)
    {
        string? name = metadata.Text(Key);
        if (name is null || s_none.Contains(name))
        {
            return null;
        }
        TokenizerModel model = Array.Find(s_all, model => model.Name == name) ?? throw new RealmException(ErrorCode.Unsupported,
            $"{Key} is {Quoted.Name(name)}; supported are "
            + $"{string.Join(", ", s_all.Select(known => $"'{known.Name}' ({known.Description})"))}"
            + $", and '{s_none[0]}'; the nearest is '{Nearest.To(name, s_all.Select(known => known.Name))}'");
        return model.Create(metadata);
    }

    /// <summary>A kind of tokenizer.</summary>
    private sealed record TokenizerModel(string Name, string Description, Func<GgufMetadata, Tokenizer> Create);
}
