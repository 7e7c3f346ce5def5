using System.Numerics;

namespace Realm.Grammars;

/// <summary>The tokens that a state allows within its own rules, and where a token goes on below its bottom.</summary>
internal sealed class MaskEntry
{
    /// <summary>A bit for each allowed token, or null: the slice is shared and not copied.</summary>
    public ulong[]? Bits { get; init; }

    /// <summary>More allowed tokens.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>The nodes of <see cref="Trie"/> at which the bottom is reached and below which there are longer tokens.</summary>
    public required int[] Exits { get; init; }

    public required TokenTrie Trie { get; init; }

    /// <summary>The most bytes that are needed behind one of the tokens to reach the bottom.</summary>
    public required int Longest { get; init; }

    /// <summary>The same with another return below, by the return.</summary>
    public Dictionary<int, MaskEntry>? Then { get; set; }

    public void AddTo(Span<ulong> allowed)
    {
        if (Bits != null)
        {
            Or(Bits, allowed);
        }
        Or(Tokens, allowed);
    }

    /// <summary>Sets the bits of tokens.</summary>
    public static void Or(ReadOnlySpan<int> tokens, Span<ulong> allowed)
    {
        foreach (int id in tokens)
        {
            allowed[id >> 6] |= 1UL << (id & 63);
        }
    }

    /// <summary>Sets the bits that are set in others.</summary>
    public static void Or(ulong[] bits, Span<ulong> allowed)
    {
        int i = 0;
        for (; i + Vector<ulong>.Count <= bits.Length; i += Vector<ulong>.Count)
        {
            (new Vector<ulong>(allowed[i..]) | new Vector<ulong>(bits, i)).CopyTo(allowed[i..]);
        }
        for (; i < bits.Length; i++)
        {
            allowed[i] |= bits[i];
        }
    }
}
