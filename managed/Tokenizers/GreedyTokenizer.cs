using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>RWKV World (<c>tokenizer.ggml.model</c> "rwkv"): from the left, always the longest token. Tokens are any bytes.</summary>
internal sealed class GreedyTokenizer : Tokenizer
{
    private readonly TokenTrie _tokens;

    private GreedyTokenizer(GgufMetadata metadata, Vocabulary vocabulary)
        : base(metadata, vocabulary, new Conventions { Bare = true }, TokenTexts.Escaped)
    {
        var texts = new byte[vocabulary.Texts.Length][];
        for (int id = 0; id < texts.Length; id++)
        {
            byte[] text = vocabulary.Texts[id];
            byte[] bytes = new byte[text.Length];
            texts[id] = bytes[..EscapedText.Read(text, bytes)];
        }
        _tokens = new TokenTrie(texts, _ => true);
    }

    /// <summary>Reads an RWKV tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new GreedyTokenizer Create(GgufMetadata metadata) => new(metadata, Vocabulary.Read(metadata, new SpecialIds()));

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output)
    {
        while (text.Length > 0)
        {
            int token = _tokens.Longest(text, plain ? Markers : null, out int length);
            if (token >= 0)
            {
                output.Add(token);
            }
            else
            {
                length = 1;
                if (UnknownId is { } unknown)
                {
                    output.Add(unknown);
                }
            }
            text = text[length..];
        }
    }
}
