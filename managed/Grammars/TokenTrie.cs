namespace Realm.Grammars;

/// <summary>A node of a <see cref="TokenTrie"/>.</summary>
/// <param name="End">The node behind the last one below this.</param>
/// <param name="Token">The token that ends here, or -1.</param>
/// <param name="Depth">Bytes from the root to here.</param>
/// <param name="Value">The last of them.</param>
internal readonly record struct TrieNode(int End, int Token, ushort Depth, byte Value);

/// <summary>Tokens by their bytes: a tree laid out depth first, so that a walk is one pass forward that skips what is not wanted.</summary>
internal sealed class TokenTrie
{
    /// <summary>No token is longer; a longer one is no text.</summary>
    public const int LongestToken = 4096;

    private readonly Dictionary<int, int> _same;

    private TokenTrie(TrieNode[] nodes, Dictionary<int, int> same, int depth)
    {
        Nodes = nodes;
        _same = same;
        Depth = depth;
    }

    /// <summary>All but the root, which has no byte.</summary>
    public TrieNode[] Nodes { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Depth { get; }

    /// <summary>A trie of some tokens, given in the order of their bytes.</summary>
    public static TokenTrie Of(ReadOnlySpan<int> sorted, TokenVocabulary vocabulary)
    {
        var nodes = new List<TrieNode>();
        var same = new Dictionary<int, int>();
        var way = new List<int>();
        ReadOnlySpan<byte> before = default;
        int depth = 0, last = -1;
        foreach (int id in sorted)
        {
            ReadOnlySpan<byte> bytes = vocabulary.BytesOf(id);
            if (bytes.Length > LongestToken)
            {
                continue;
            }
            if (last >= 0 && bytes.SequenceEqual(before))
            {
                same[last] = id;
                last = id;
                continue;
            }
            int shared = before.CommonPrefixLength(bytes);
            Leave(nodes, way, shared);
            for (int i = shared; i < bytes.Length; i++)
            {
                way.Add(nodes.Count);
                nodes.Add(new TrieNode(0, i == bytes.Length - 1 ? id : -1, (ushort)(i + 1), bytes[i]));
            }
            before = bytes;
            depth = Math.Max(depth, bytes.Length);
            last = id;
        }
        Leave(nodes, way, 0);
        return new TokenTrie([.. nodes], same, depth);
    }

    /// <summary>Another token of the same bytes, or -1.</summary>
    public int NextSame(int token) => _same.Count == 0 ? -1 : _same.GetValueOrDefault(token, -1);

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

    private static void Leave(List<TrieNode> nodes, List<int> way, int depth)
    {
        for (int i = depth; i < way.Count; i++)
        {
            nodes[way[i]] = nodes[way[i]] with { End = nodes.Count };
        }
        way.RemoveRange(depth, way.Count - depth);
    }
}
