using System.IO.Hashing;
using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.State;

/// <summary>Numbers of a layer that have one size at any length of the sequence: a recurrent state, the last inputs of a convolution.</summary>
/// <param name="Layer">The layer whose commit makes what was written current.</param>
/// <param name="Floats">How many numbers.</param>
/// <param name="Offset">Numbers before it in the sequence's memory.</param>
internal sealed record FixedSlot(int Layer, long Floats, long Offset);

/// <summary>
/// What a sequence of this network remembers: made while the network is built, each part asking for its own. Nothing else knows which kinds there are.
/// </summary>
/// <param name="type">Element type of keys and values.</param>
/// <param name="layers">Layers of the network.</param>
/// <param name="contextLength">Positions that fit.</param>
/// <param name="isTransient">Keys and values are needed only while their layer runs, so all layers have the same room.</param>
internal sealed class StatePlan(CacheType type, int layers, int contextLength, bool isTransient = false)
{
    // Another number whenever keys, values or states come to lie otherwise in a page or slot: files of sessions hold them as they are.
    private const long Layout = 1;

    private readonly bool[] _hasFixed = new bool[layers];
    private readonly int[] _lenders = [.. Enumerable.Range(0, layers)];
    private readonly List<KeyValueSlot> _keyValueSlots = [];
    private readonly List<FixedSlot> _fixedSlots = [];

    public CacheType Type => type;

    public int Layers => layers;

    /// <summary>A layer's keys and values lie where the one before it had its own.</summary>
    public bool IsTransient => isTransient;

    /// <summary>Positions that fit.</summary>
    public int ContextLength => contextLength;

    /// <summary>Whether there is memory for another page.</summary>
    public PageRoom Room { get; } = new();

    /// <summary>Bytes of 64 positions of all layers.</summary>
    public long PageBytes { get; private set; }

    /// <summary>Numbers of all fixed slots.</summary>
    public long FixedFloats { get; private set; }

    /// <summary>Keys and values of all layers, in the order in which they were asked for.</summary>
    public IReadOnlyList<KeyValueSlot> KeyValueSlots => _keyValueSlots;

    /// <summary>All fixed slots, in the order in which they were asked for.</summary>
    public IReadOnlyList<FixedSlot> FixedSlots => _fixedSlots;

    /// <summary>Bytes of a sequence of so many positions: whole pages, and what has one size at any length.</summary>
    public long BytesOf(long positions) =>
        checked((positions + KeyBlock.Keys - 1) / KeyBlock.Keys * PageBytes + 2 * FixedFloats * sizeof(float));

    /// <summary>Whether a layer's past can't be cut: it holds a state that every position changed.</summary>
    public bool HasFixed(int layer) => _hasFixed[layer];

    /// <summary>Of all that decides how states lie in memory: equal for plans whose states can take each other's place.</summary>
    public UInt128 Hash()
    {
        List<long> facts = [Layout, (int)type, layers, contextLength, isTransient ? 1 : 0, PageBytes, FixedFloats];
        foreach (KeyValueSlot slot in _keyValueSlots)
            facts.AddRange(slot.Layer, slot.Heads, slot.KeySize, slot.ValueSize, slot.Bytes);
        foreach (FixedSlot slot in _fixedSlots)
            facts.AddRange(slot.Layer, slot.Floats, slot.Offset);
        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(facts)));
    }

    /// <summary>Keys and values of `layer`.</summary>
    public KeyValueSlot KeyValue(int layer, int heads, int keySize, int valueSize)
    {
        KeyValueSlot slot = new(type, layer, heads, keySize, valueSize, isTransient ? 0 : PageBytes);
        PageBytes = isTransient ? Math.Max(PageBytes, slot.Bytes) : checked(PageBytes + slot.Bytes);
        _keyValueSlots.Add(slot);
        return slot;
    }

    /// <summary>A layer that has no keys and values of its own reads those of another, which runs before it.</summary>
    public KeyValueSlot Borrow(int layer, KeyValueSlot slot)
    {
        _lenders[layer] = slot.Layer;
        return slot;
    }

    /// <summary>The layer whose keys and values a layer reads: itself, unless it borrows.</summary>
    public int Lender(int layer) => _lenders[layer];

    /// <summary>`floats` numbers of `layer`, zero before the first position.</summary>
    public FixedSlot Fixed(int layer, long floats)
    {
        // Whole cache lines, so that no two slots share one.
        FixedSlot slot = new(layer, floats, FixedFloats);
        FixedFloats = checked(FixedFloats + (floats + 15) / 16 * 16);
        _hasFixed[layer] = true;
        _fixedSlots.Add(slot);
        return slot;
    }
}
