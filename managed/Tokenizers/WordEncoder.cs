namespace Realm.Tokenizers;

/// <summary>Byte-pair encoding of one word. What a word is, the tokenizer says; what symbols are, the subclass.</summary>
internal abstract class WordEncoder
{
    /// <summary>Appends the tokens of a word.</summary>
    /// <param name="word">The word; not empty.</param>
    /// <param name="plain">Whether no merge may make a marker (<see cref="Vocabulary.IsMarker"/>).</param>
    /// <param name="output">Where the ids go.</param>
    public abstract void Encode(ReadOnlySpan<byte> word, bool plain, List<int> output);

    /// <summary>The token that is exactly this word, or -1.</summary>
    public abstract int Find(ReadOnlySpan<byte> word);
}
