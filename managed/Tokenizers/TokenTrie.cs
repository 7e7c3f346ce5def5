namespace Realm.Tokenizers;

/// <summary>Tokens by their bytes: which ones a text begins with.</summary>
internal sealed class TokenTrie
{
    /// <summary>The longest token of a real vocabulary has a few hundred bytes; each position of a text may walk this far.</summary>
    public const int MaxTokenBytes = 1024;

    private readonly ByteTrie _trie;
    private readonly int[] _tokenAt; // the token that ends in a state of the trie, or -1

    /// <param name="texts">The texts of all tokens.</param>
    /// <param name="included">Of which tokens.</param>
    /// <exception cref="RealmException">E_LIMIT: a token is too long, or all of them together.</exception>
    public TokenTrie(byte[][] texts, Predicate<int> included)
    {
        _trie = new ByteTrie(texts.Sum(text => (long)text.Length), "the tokens");
        var ends = new List<(int State, int Id)>(texts.Length);     // of texts, not of the empty one
        for (int id = 0; id < texts.Length; id++)
        {
            if (!included(id))
            {
                continue;
            }
            if (texts[id].Length > MaxTokenBytes)
            {
                throw new RealmException(ErrorCode.Limit,
                    $"token {id} has {texts[id].Length} bytes; at most {MaxTokenBytes} are supported");
            }
            int state = 0;
            foreach (byte b in texts[id])
            {
                state = _trie.ChildOrNew(state, b);
            }
            if (state != 0)
            {
                ends.Add((state, id));
            }
        }
        _tokenAt = new int[_trie.Count];
        _tokenAt.AsSpan().Fill(-1);
        foreach ((int state, int id) in ends)
        {
            _tokenAt[state] = id; // of equal texts the last
        }
    }

    /// <summary>The state after one more byte; 0: no token goes on like this. A walk begins at state 0.</summary>
    public int Next(int state, byte b) => _trie.Child(state, b);

    /// <summary>The token that ends in a state, or -1.</summary>
    public int TokenAt(int state) => _tokenAt[state];

    /// <summary>The longest token that a text begins with, or -1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="excluded">True for those that do not count; null: all count.</param>
    /// <param name="length">How many bytes it has.</param>
    public int Longest(ReadOnlySpan<byte> text, bool[]? excluded, out int length)
    {
        int token = -1;
        length = 0;
        int state = 0;
        for (int i = 0; i < text.Length && (state = _trie.Child(state, text[i])) != 0; i++)
        {
            int found = _tokenAt[state];
            if (found >= 0 && !(excluded is not null && excluded[found]))
            {
                token = found;
                length = i + 1;
            }
        }
        return token;
    }
}
