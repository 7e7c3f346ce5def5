using System.Buffers;
using System.Runtime.InteropServices;

namespace Realm.Tokenizers;

/// <summary>A part of a text: a special token, or (<c>Id</c> = -1) text to be cut into words.</summary>
internal readonly record struct Fragment(int Start, int End, int Id);

/// <summary>
/// Finds special tokens in a text. Longer ones win wherever they are, then those that begin earlier: as if each token in
/// turn, longest first, were searched in what the others left. One pass of an Aho-Corasick automaton finds all
/// occurrences, so the time does not depend on how many special tokens there are.
/// </summary>
internal sealed class SpecialTokens
{
    private readonly byte[][] _texts;
    private readonly TokenAttributes[] _attributes;
    private readonly bool[] _markers;
    private readonly int[] _ids;         // by rank: longest first, then by id
    private readonly SearchValues<byte> _firstBytes;

    // The automaton: a trie, and for each of its states...
    private readonly ByteTrie _trie;
    private readonly List<int> _fallback = [0];     // the state of the longest proper end of its text
    private readonly List<int> _rankAt = [-1];      // the token that ends here
    private readonly List<int> _nextOutput = [-1];  // the next state on the fallback path in which one ends

    private SpecialTokens(byte[][] texts, TokenAttributes[] attributes, bool[] markers, int[] ids)
    {
        _texts = texts;
        _attributes = attributes;
        _markers = markers;
        _ids = ids;
        _trie = new ByteTrie(texts.Sum(text => (long)text.Length), "special tokens");
        _firstBytes = SearchValues.Create(texts.Select(text => text[0]).Distinct().ToArray());
        Build();
    }

    /// <summary>The special tokens of a vocabulary; null when it has none.</summary>
    public static SpecialTokens? Create(Vocabulary vocabulary)
    {
        // An empty text would match everywhere.
        int[] ids = Enumerable.Range(0, vocabulary.Texts.Length)
            .Where(id => (vocabulary.Attributes[id] & TokenAttributes.Special) != 0 && vocabulary.Texts[id].Length > 0)
            .OrderByDescending(id => vocabulary.Texts[id].Length).ToArray();
        return ids.Length == 0 ? null : new SpecialTokens(
            [.. ids.Select(id => vocabulary.Texts[id])], [.. ids.Select(id => vocabulary.Attributes[id])],
            [.. ids.Select(vocabulary.IsMarker)], ids);
    }

    /// <summary>Cuts a text into special tokens and what is between them; null when there is no special token in it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="trusted">Where control and unknown tokens are recognised; elsewhere it is user-defined ones only.</param>
    public List<Fragment>? Cut(ReadOnlySpan<byte> text, TrustedText trusted)
    {
        List<long>? found = FindAll(text, trusted);
        if (found is null)
        {
            return null;
        }
        CollectionsMarshal.AsSpan(found).Sort();
        var taken = new ulong[text.Length / 64 + 1];
        var tokens = new List<Fragment>();
        foreach (long match in found)
        {
            int rank = (int)(match >> 32);
            int start = (int)match;
            int end = start + _texts[rank].Length;
            // What was taken before is at least as long, so an overlap shows at one of the two ends.
            if (IsTaken(taken, start) || IsTaken(taken, end - 1))
            {
                continue;
            }
            int left = start;
            int right = end;
            while ((_attributes[rank] & TokenAttributes.LeftStrip) != 0 && left > 0 && !IsTaken(taken, left - 1) && IsSpace(text[left - 1]))
            {
                left--;
            }
            while ((_attributes[rank] & TokenAttributes.RightStrip) != 0 && right < text.Length
                && !IsTaken(taken, right) && IsSpace(text[right]))
            {
                right++;
            }
            for (int i = left; i < right; i++)
            {
                taken[i >> 6] |= 1UL << i;
            }
            tokens.Add(new Fragment(left, right, _ids[rank]));
        }
        return Fill(tokens, text.Length);
    }

    /// <summary>Every occurrence, as rank in the upper and start in the lower half; null when there is none.</summary>
    private List<long>? FindAll(ReadOnlySpan<byte> text, TrustedText trusted)
    {
        List<long>? found = null;
        int state = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (state == 0)
            {
                int skip = text[at..].IndexOfAny(_firstBytes);
                if (skip < 0)
                {
                    break;
                }
                at += skip;
            }
            state = Step(state, text[at]);
            for (int output = _rankAt[state] >= 0 ? state : _nextOutput[state]; output > 0; output = _nextOutput[output])
            {
                int rank = _rankAt[output];
                int start = at + 1 - _texts[rank].Length;
                bool isFree = trusted.IsStrict ? !_markers[rank] : (_attributes[rank] & TokenAttributes.Hidden) == 0;
                if (isFree || trusted.Contains(start, at + 1))
                {
                    (found ??= []).Add(((long)rank << 32) | (uint)start);
                }
            }
        }
        return found;
    }

    private static List<Fragment> Fill(List<Fragment> tokens, int length)
    {
        tokens.Sort((a, b) => a.Start.CompareTo(b.Start));
        var fragments = new List<Fragment>(tokens.Count * 2 + 1);
        int at = 0;
        foreach (Fragment token in tokens)
        {
            if (token.Start > at)
            {
                fragments.Add(new Fragment(at, token.Start, -1));
            }
            fragments.Add(token);
            at = token.End;
        }
        if (at < length)
        {
            fragments.Add(new Fragment(at, length, -1));
        }
        return fragments;
    }

    private static bool IsTaken(ulong[] taken, int at) => (taken[at >> 6] >> at & 1) != 0;

    /// <summary>C's isspace: the tokens' strip rules are about ASCII.</summary>
    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    private int Step(int state, byte b)
    {
        int next;
        while ((next = _trie.Child(state, b)) == 0 && state != 0)
        {
            state = _fallback[state];
        }
        return next;
    }

    private void Build()
    {
        var parents = new List<(int Parent, byte Byte)> { (0, 0) };
        var byDepth = new List<List<int>>();
        for (int rank = 0; rank < _texts.Length; rank++)
        {
            int state = 0;
            for (int depth = 0; depth < _texts[rank].Length; depth++)
            {
                byte b = _texts[rank][depth];
                int child = _trie.ChildOrNew(state, b);
                if (child == parents.Count)
                {
                    parents.Add((state, b));
                    _fallback.Add(0);
                    _rankAt.Add(-1);
                    _nextOutput.Add(-1);
                    if (byDepth.Count == depth)
                    {
                        byDepth.Add([]);
                    }
                    byDepth[depth].Add(child);
                }
                state = child;
            }
            if (_rankAt[state] < 0)
            {
                _rankAt[state] = rank; // of two tokens with one text, the first
            }
        }
        // Breadth first, since a state's fallback is shallower than the state. Depth 0 (one byte) falls back to the root.
        foreach (int state in byDepth.Skip(1).SelectMany(states => states))
        {
            (int parent, byte b) = parents[state];
            int fallback = Step(_fallback[parent], b);
            _fallback[state] = fallback;
            _nextOutput[state] = _rankAt[fallback] >= 0 ? fallback : _nextOutput[fallback];
        }
    }
}
