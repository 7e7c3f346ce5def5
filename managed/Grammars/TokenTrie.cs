namespace Realm.Grammars;

/// <summary>A node of a <see cref="TokenTrie"/>.</summary>
/// <param name="End">The node behind the last one below this.</param>
/// <param name="Token">The token that ends here, or -1.</param>
/// <param name="Below">The number of the <see cref="TokenRange"/> of what is below, or -1.</param>
/// <param name="Depth">Bytes from the root to here.</param>
/// <param name="Value">The last of them.</param>
internal readonly record struct TrieNode(int End, int Token, int Below, ushort Depth, byte Value);

/// <summary>The tokens below a node between two characters, where all of them go on in well-formed UTF-8.</summary>
/// <param name="Heads">The first bytes of their characters.</param>
/// <param name="First">The first of them in the trie's order.</param>
/// <param name="End">The one behind the last.</param>
/// <param name="Characters">The most characters of any, one that is not whole included.</param>
/// <param name="IsWhole">Whether none ends within a character.</param>
internal readonly record struct TokenRange(ByteSet Heads, int First, int End, int Characters, bool IsWhole)
{
    public int Count => End - First;
}

/// <summary>Tokens by their bytes: a tree laid out depth first, so that a walk is one pass forward that skips what is not wanted.</summary>
internal sealed class TokenTrie
{
    /// <summary>No token is longer; a longer one is no text.</summary>
    public const int LongestToken = 4096;

    private readonly Dictionary<int, int> _same;
    private readonly int[] _tokens;

    /// <summary>Of a <see cref="TokenTrieMaker"/>.</summary>
    public TokenTrie(TrieNode[] nodes, TokenRange[] ranges, int[] tokens, Dictionary<int, int> same, int depth)
    {
        Nodes = nodes;
        Ranges = ranges;
        _tokens = tokens;
        _same = same;
        Depth = depth;
    }

    /// <summary>All but the root, which has no byte.</summary>
    public TrieNode[] Nodes { get; }

    /// <summary>What is below some of the nodes, as a whole.</summary>
    public TokenRange[] Ranges { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Depth { get; }

    /// <summary>A trie of some tokens, given in the order of their bytes.</summary>
    public static TokenTrie Of(ReadOnlySpan<int> sorted, TokenVocabulary vocabulary)
    {
        var maker = new TokenTrieMaker(vocabulary);
        foreach (int id in sorted)
        {
            maker.Add(id);
        }
        return maker.Finish();
    }

    /// <summary>Another token of the same bytes, or -1.</summary>
    public int NextSame(int token) => _same.Count == 0 ? -1 : _same.GetValueOrDefault(token, -1);

    /// <summary>The tokens of a range.</summary>
    public ReadOnlySpan<int> TokensOf(TokenRange range) => _tokens.AsSpan(range.First..range.End);

    /// <summary>The longest token that a text begins with, or -1.</summary>
    public int LongestAt(ReadOnlySpan<byte> text)
    {
        int found = -1;
        int first = 0, end = Nodes.Length;
        foreach (byte value in text)
        {
            while (first < end && Nodes[first].Value != value)
            {
                first = Nodes[first].End;
            }
            if (first >= end)
            {
                break;
            }
            found = Nodes[first].Token >= 0 ? Nodes[first].Token : found;
            end = Nodes[first].End;
            first++;
        }
        return found;
    }
}
