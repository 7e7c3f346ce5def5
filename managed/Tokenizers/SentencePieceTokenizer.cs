using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// SentencePiece BPE (<c>tokenizer.ggml.model</c> "llama"): spaces are written U+2581, characters merge by score, and what
/// is no token falls apart into byte tokens.
/// </summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly CharacterWords _words;
    private readonly bool _spacePrefix;

    private SentencePieceTokenizer(GgufMetadata metadata, Vocabulary vocabulary)
        : base(metadata, vocabulary,
            new Conventions { AddBos = true, SpacePrefix = true, TextPrefix = TextPrefix.WhereAsked }, TokenTexts.Spaced)
    {
        _words = new CharacterWords(new SentencePieceVocabulary(vocabulary, vocabulary.ReadScores(metadata)), UnknownId);
        _spacePrefix = SpacePrefix;
    }

    /// <summary>Reads a SentencePiece tokenizer.</summary>
    /// <exception cref="RealmException">E_VOCAB: contradictory tables.</exception>
    public static new SentencePieceTokenizer Create(GgufMetadata metadata) =>
        // Llama's first three tokens.
        new(metadata, Vocabulary.Read(metadata, new SpecialIds { Unknown = 0, Bos = 1, Eos = 2 }));

    /// <inheritdoc/>
    private protected override void EncodeText(ReadOnlySpan<byte> text, bool afterSpecial, bool plain, List<int> output) =>
        _words.Encode(WrittenSpaces.Write(text, _spacePrefix && afterSpecial), plain, output);
}
