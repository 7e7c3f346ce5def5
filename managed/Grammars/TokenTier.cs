namespace Realm.Grammars;

/// <summary>Tokens of about one length, with the slice of them that masks take or leave as a whole.</summary>
internal sealed class TokenTier
{
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="sorted">The tokens in the order of their bytes.</param>
    public TokenTier(TokenVocabulary vocabulary, int[] sorted)
    {
        Trie = TokenTrie.Of(sorted, vocabulary);
        Slice = new TokenSlice(vocabulary, sorted);
    }

    public TokenTrie Trie { get; }

    public TokenSlice Slice { get; }
}
