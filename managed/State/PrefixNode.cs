using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Realm.State;

/// <summary>
/// 64 tokens behind those of its parent, and what a network remembers of them, in a <see cref="PrefixCache"/>. The way from the root to a node is a
/// text, token by token: what is found by a hash is compared, so no text is ever taken for another.
/// </summary>
/// <param name="parent">The 64 tokens before; null: a root.</param>
/// <param name="ids">The tokens.</param>
internal sealed unsafe class PrefixNode(PrefixNode? parent, int[] ids)
{
    private Dictionary<ulong, PrefixNode>? _children;

    public PrefixNode? Parent => parent;

    /// <summary>Pages up to this one's end.</summary>
    public int Depth { get; } = parent == null ? 0 : parent.Depth + 1;

    /// <summary>It was computed; else somebody wants to.</summary>
    public bool IsReady { get; set; }

    /// <summary>Keys and values of the tokens, held by the cache; null where the network has none.</summary>
    public byte* Page { get; set; }

    /// <summary>What the fixed slots hold behind the tokens; null: that was not kept here.</summary>
    public float* Numbers { get; set; }

    /// <summary>Who computes it; null: nobody.</summary>
    public CachedPrefix? Computing { get; set; }

    /// <summary>Sequences that stand here on their way.</summary>
    public int Pins { get; set; }

    /// <summary>Its neighbours in the order of use, where it is ready.</summary>
    public PrefixNode? Newer { get; set; }

    /// <inheritdoc cref="Newer"/>
    public PrefixNode? Older { get; set; }

    /// <summary>Nothing follows it.</summary>
    public bool IsLeaf => _children is not { Count: > 0 };

    /// <summary>The node of the tokens that follow; null: there is none.</summary>
    public PrefixNode? Find(ReadOnlySpan<int> next) =>
        _children != null && _children.TryGetValue(Hash(next), out PrefixNode? child) && next.SequenceEqual(child.Ids) ? child : null;

    /// <summary>Makes the node of tokens that follow, of which <see cref="Find"/> knows none; null: others with the same hash are in its place.</summary>
    public PrefixNode? Add(ReadOnlySpan<int> next)
    {
        PrefixNode child = new(this, next.ToArray());
        _children ??= [];
        return _children.TryAdd(Hash(next), child) ? child : null;
    }

    /// <summary>Takes itself out of its parent.</summary>
    public void Detach() => parent?._children?.Remove(Hash(ids));

    private ReadOnlySpan<int> Ids => ids;

    private static ulong Hash(ReadOnlySpan<int> tokens) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(tokens));
}
