using System.Diagnostics;
using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.State;

/// <summary>
/// What is remembered of one sequence: keys and values in pages of 64 positions that are added as it grows and that forks share, and fixed slots. Each
/// layer has its own length, since layers may be run one by one.
/// </summary>
/// <remarks>
/// A pass reads what is current and writes what comes next: keys and values behind the length, fixed slots into their other copy.
/// <see cref="Commit"/> makes that current, layer by layer, so a pass that is cancelled leaves no trace.
/// </remarks>
internal sealed unsafe class SequenceState(StatePlan plan, bool mayBecomeLong = false) : IDisposable
{
    private readonly int[] _lengths = new int[plan.Layers];
    private readonly int[] _current = new int[plan.Layers];
    private readonly List<nint> _pages = [];
    private float* _fixed;

    public StatePlan Plan => plan;

    /// <summary>How strong each of the model's adapters is for this sequence; null: none is there.</summary>
    public float[]? AdapterStrengths { get; set; }

    /// <summary>The sequence may outgrow the context that the network was first trained for: what depends on that is so from its beginning on,
    /// since keys keep what they were when they were stored.</summary>
    public bool MayBecomeLong => mayBecomeLong;

    /// <summary>Positions held in `layer`.</summary>
    public int Length(int layer) => _lengths[layer];

    /// <summary>Makes `count` positions from `position` on writable, and the fixed slots.</summary>
    /// <exception cref="RealmException">E_CONTEXT_FULL, E_OUT_OF_MEMORY.</exception>
    public void Reserve(int position, int count)
    {
        int length = checked(position + count);
        if (length > plan.ContextLength)
            throw new RealmException(ErrorCode.ContextFull, $"context full: position {length - 1} asked, the context holds {plan.ContextLength}");
        if (plan.PageBytes > 0)
        {
            while ((long)_pages.Count * KeyBlock.Keys < length)
                _pages.Add((nint)NewPage());
            for (int page = position / KeyBlock.Keys; page < (length + KeyBlock.Keys - 1) / KeyBlock.Keys; page++)
                Unshare(page);
        }
        if (plan.FixedFloats > 0 && _fixed == null)
            _fixed = NewNumbers();
    }

    /// <summary>What was written of `layer` counts from now on: it holds `length` positions.</summary>
    public void Commit(int layer, int length)
    {
        _lengths[layer] = length;
        if (plan.HasFixed(layer))
            _current[layer] ^= 1;
    }

    /// <summary>Whether all layers can be cut to `length` positions: always to what they hold and to nothing.</summary>
    public bool CanTruncate(int length)
    {
        for (int layer = 0; layer < plan.Layers; layer++)
        {
            if (!CanTruncate(layer, length))
                return false;
        }
        return true;
    }

    /// <summary>Whether a layer can be cut to `length` positions.</summary>
    public bool CanTruncate(int layer, int length) => !plan.HasFixed(layer) || length == 0 || length >= _lengths[layer];

    /// <summary>Forgets all positions from `length` on, in all layers; each must be able to.</summary>
    public void Truncate(int length)
    {
        for (int layer = 0; layer < plan.Layers; layer++)
            Truncate(layer, length);
    }

    /// <summary>Forgets the positions of a layer from `length` on.</summary>
    public void Truncate(int layer, int length)
    {
        if (length >= _lengths[layer])
            return;
        _lengths[layer] = length;
    }

    /// <summary>Whether a fixed slot holds nothing yet: it then reads as zeros.</summary>
    public bool IsEmpty(FixedSlot slot) => _lengths[slot.Layer] == 0;

    /// <summary>What a pass reads of a fixed slot; of undefined content where <see cref="IsEmpty"/>.</summary>
    public float* Current(FixedSlot slot) => _fixed + _current[slot.Layer] * plan.FixedFloats + slot.Offset;

    /// <summary>What a pass writes: all of it, always.</summary>
    public float* Next(FixedSlot slot) => _fixed + (_current[slot.Layer] ^ 1) * plan.FixedFloats + slot.Offset;

    /// <summary>Numbers `first`.. for a pass that carries them on: where it reads what is current, and where it writes what comes next.</summary>
    public (nint From, nint To) Carry(FixedSlot slot, long first, long count)
    {
        float* next = Next(slot) + first;
        if (!IsEmpty(slot))
            return ((nint)(Current(slot) + first), (nint)next);
        NativeMemory.Clear(next, (nuint)count * sizeof(float));
        return ((nint)next, (nint)next);
    }

    /// <summary>Keys and values of one head for the positions 64·block and on.</summary>
    public CacheBlock Block(KeyValueSlot slot, int head, int block) => slot.Block((byte*)_pages[block], head);

    /// <summary>Writes key and value of one position, which must be reserved.</summary>
    public void Store(KeyValueSlot slot, int head, int position, float* key, float* value) =>
        slot.Store((byte*)_pages[position / KeyBlock.Keys], head, position, key, value);

    /// <summary>The same state once more. Pages are shared until one of the two writes them.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public SequenceState Fork()
    {
        SequenceState fork = new(plan, mayBecomeLong) { AdapterStrengths = AdapterStrengths };
        if (_fixed != null)
        {
            fork._fixed = NewNumbers();
            NativeMemory.Copy(_fixed, fork._fixed, (nuint)(2 * plan.FixedFloats) * sizeof(float));
        }
        _lengths.CopyTo(fork._lengths, 0);
        _current.CopyTo(fork._current, 0);
        int most = 0;
        foreach (int length in _lengths)
            most = Math.Max(most, length);
        for (int page = 0; page * KeyBlock.Keys < most && page < _pages.Count; page++)
            fork._pages.Add((nint)SharePage(page));
        return fork;
    }

    /// <summary>The page of 64 positions from 64·index on.</summary>
    public byte* Page(int index) => (byte*)_pages[index];

    /// <summary>The same page, held by one more, who must leave it (<see cref="StateMemory.Leave"/>).</summary>
    public byte* SharePage(int index)
    {
        byte* page = (byte*)_pages[index];
        StateMemory.Share(page, plan.PageBytes);
        return page;
    }

    /// <summary>Holds a page that is full, which is already counted for this state, in place of its own, or behind the pages that it has.</summary>
    public void TakePage(int index, byte* page)
    {
        Debug.Assert(index <= _pages.Count, "a page was left out");
        if (index == _pages.Count)
        {
            _pages.Add((nint)page);
            return;
        }
        StateMemory.Leave((byte*)_pages[index], plan.PageBytes);
        _pages[index] = (nint)page;
    }

    /// <summary>Copies what the fixed slots hold: (<see cref="StatePlan.FixedFloats"/>).</summary>
    public void CopyFixed(float* to)
    {
        foreach (FixedSlot slot in plan.FixedSlots)
            NativeMemory.Copy(Current(slot), to + slot.Offset, (nuint)slot.Floats * sizeof(float));
    }

    /// <summary>
    /// From now on all layers hold `length` positions, of which the pages are here and the fixed slots hold what <see cref="CopyFixed"/> gave at that
    /// length; null: there are no fixed slots.
    /// </summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY; then nothing has changed.</exception>
    public void Resume(int length, float* numbers)
    {
        if (plan.FixedFloats > 0)
        {
            if (_fixed == null)
                _fixed = NewNumbers();
            NativeMemory.Copy(numbers, _fixed, (nuint)plan.FixedFloats * sizeof(float));
        }
        Array.Clear(_current);
        Array.Fill(_lengths, length);
    }

    private float* NewNumbers()
    {
        long count = checked(2 * plan.FixedFloats);
        plan.Room.Require(checked(count * sizeof(float)));
        return StateMemory.NewNumbers(count);
    }

    private byte* NewPage()
    {
        plan.Room.Require(plan.PageBytes);
        return StateMemory.NewPage(plan.PageBytes);
    }

    private void Unshare(int index)
    {
        byte* page = (byte*)_pages[index];
        if (!StateMemory.IsShared(page, plan.PageBytes))
            return;
        byte* own = NewPage();
        NativeMemory.Copy(page, own, (nuint)plan.PageBytes);
        _pages[index] = (nint)own;
        StateMemory.Leave(page, plan.PageBytes);
    }

    public void Dispose()
    {
        foreach (nint page in _pages)
            StateMemory.Leave((byte*)page, plan.PageBytes);
        _pages.Clear();
        StateMemory.FreeNumbers(_fixed, 2 * plan.FixedFloats);
        _fixed = null;
        Array.Clear(_lengths);
    }
}
