using System.Runtime.InteropServices;

namespace Realm.Grammars;

/// <summary>Makes a <see cref="TokenTrie"/> of tokens that are added in the order of their bytes.</summary>
internal sealed class TokenTrieMaker(TokenVocabulary vocabulary)
{
    /// <summary>With fewer nodes below, looking at them is as fast as asking for all of them at once.</summary>
    private const int LeastNodes = 6;

    private readonly List<TrieNode> _nodes = [];
    private readonly List<TokenRange> _ranges = [];
    private readonly List<int> _ordered = [];
    private readonly Dictionary<int, int> _same = [];

    /// <summary>The nodes from the root to the last one.</summary>
    private readonly List<OpenNode> _way = [];

    private int _depth;

    public void Add(int id)
    {
        ReadOnlySpan<byte> bytes = vocabulary.BytesOf(id);
        if (bytes.Length > TokenTrie.LongestToken)
        {
            return;
        }
        ReadOnlySpan<byte> before = _ordered.Count > 0 ? vocabulary.BytesOf(_ordered[^1]) : default;
        if (_ordered.Count > 0 && bytes.SequenceEqual(before))
        {
            _same[_ordered[^1]] = id;
            _ordered.Add(id);
            return;
        }
        int shared = before.CommonPrefixLength(bytes);
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
