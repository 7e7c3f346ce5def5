using System.Runtime.InteropServices;

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
internal readonly record struct TokenRange(ByteSet Heads, int First, int End, int Characters, bool IsWhole);

/// <summary>Tokens by their bytes: a tree laid out depth first, so that a walk is one pass forward that skips what is not wanted.</summary>
internal sealed class TokenTrie
{
    /// <summary>No token is longer; a longer one is no text.</summary>
    public const int LongestToken = 4096;

    private readonly Dictionary<int, int> _same;
    private readonly int[] _tokens;

    private TokenTrie(TrieNode[] nodes, TokenRange[] ranges, int[] tokens, Dictionary<int, int> same, int depth)
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
        var maker = new Maker();
        foreach (int id in sorted)
        {
            maker.Add(id, vocabulary.BytesOf(id));
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

    private sealed class Maker
    {
        /// <summary>With fewer nodes below, looking at them is as fast as asking for all of them at once.</summary>
        private const int LeastNodes = 6;

        private readonly List<TrieNode> _nodes = [];
        private readonly List<TokenRange> _ranges = [];
        private readonly List<int> _ordered = [];
        private readonly Dictionary<int, int> _same = [];

        /// <summary>The nodes from the root to the last one.</summary>
        private readonly List<OpenNode> _way = [];

        private byte[] _before = [];
        private int _depth;

        public void Add(int id, ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > LongestToken)
            {
                return;
            }
            if (_ordered.Count > 0 && bytes.SequenceEqual(_before))
            {
                _same[_ordered[^1]] = id;
                _ordered.Add(id);
                return;
            }
            int shared = _before.AsSpan().CommonPrefixLength(bytes);
            Leave(shared);
            for (int i = shared; i < bytes.Length; i++)
            {
                int above = i == 0 ? 0 : _way[i - 1].Phase;
                if (i > 0 && _way[i - 1].First < 0)
                {
                    CollectionsMarshal.AsSpan(_way)[i - 1].First = _ordered.Count;
                }
                int phase = above < 0 ? -1 : Utf8Phase.Next(above, bytes[i]);
                bool ends = i == bytes.Length - 1;
                _way.Add(new OpenNode { Node = _nodes.Count, Phase = phase, First = -1, IsWhole = true });
                _nodes.Add(new TrieNode(0, ends ? id : -1, -1, (ushort)(i + 1), bytes[i]));
            }
            _ordered.Add(id);
            _before = bytes.ToArray();
            _depth = Math.Max(_depth, bytes.Length);
        }

        public TokenTrie Finish()
        {
            Leave(0);
            return new TokenTrie([.. _nodes], [.. _ranges], [.. _ordered], _same, _depth);
        }

        /// <summary>Ends the nodes below a depth, the deepest first.</summary>
        private void Leave(int depth)
        {
            Span<OpenNode> way = CollectionsMarshal.AsSpan(_way);
            for (int i = way.Length - 1; i >= depth; i--)
            {
                OpenNode open = way[i];
                TrieNode node = _nodes[open.Node];
                int below = -1;
                if (open.Phase == 0 && !open.IsMalformed && _nodes.Count - open.Node > LeastNodes)
                {
                    below = _ranges.Count;
                    _ranges.Add(new TokenRange(open.Heads, open.First, _ordered.Count, open.Characters, open.IsWhole));
                }
                _nodes[open.Node] = node with { End = _nodes.Count, Below = below };
                if (i > 0)
                {
                    ref OpenNode above = ref way[i - 1];
                    // The byte behind a whole character begins another.
                    bool begins = above.Phase == 0;
                    above.Heads |= begins ? open.Heads | ByteSet.Of(node.Value) : open.Heads;
                    above.Characters = Math.Max(above.Characters, open.Characters + (begins ? 1 : 0));
                    above.IsMalformed |= open.IsMalformed || open.Phase < 0;
                    above.IsWhole &= open.IsWhole && (node.Token < 0 || open.Phase == 0);
                }
            }
            _way.RemoveRange(depth, _way.Count - depth);
        }

        private struct OpenNode
        {
            public int Node;

            /// <summary>Where it is within a character (<see cref="Utf8Phase"/>); -1: within none.</summary>
            public int Phase;

            /// <summary>The first token below, in the order; -1: none yet.</summary>
            public int First;

            public ByteSet Heads;
            public int Characters;
            public bool IsMalformed;
            public bool IsWhole;
        }
    }
}
