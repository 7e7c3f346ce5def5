namespace Realm.Grammars;

/// <summary>Tokens of about one length, with the slices of them that masks take or leave as a whole.</summary>
internal sealed class TokenTier
{
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="sorted">The tokens in the order of their bytes.</param>
    public TokenTier(TokenVocabulary vocabulary, int[] sorted)
    {
        Trie = TokenTrie.Of(sorted, vocabulary);
        // The larger one first: the first that fits is taken.
        int[] lengths = Trie.Depth > Horizon.Nearest ? [Trie.Depth] : [Trie.Depth, 6];
        Slices = Array.ConvertAll(lengths, length => new TokenSlice(vocabulary, sorted, length));
    }

    public TokenTrie Trie { get; }

    public TokenSlice[] Slices { get; }
}
