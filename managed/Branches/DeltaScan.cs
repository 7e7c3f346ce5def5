using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>The sizes of a delta net.</summary>
/// <param name="Heads">Heads: of values, decays and rates.</param>
/// <param name="KeyHeads">Heads of queries and keys; each serves Heads / KeyHeads heads.</param>
/// <param name="KeySize">Elements of a query and of a key.</param>
/// <param name="ValueSize">Elements of a value.</param>
/// <param name="Interleaved">Head h has the key head h / (Heads / KeyHeads); else h modulo KeyHeads.</param>
/// <param name="DecaysByElement">A decay for every element of a key, not one for a head.</param>
internal sealed record DeltaSizes(int Heads, int KeyHeads, int KeySize, int ValueSize, bool Interleaved = false, bool DecaysByElement = false)
{
    /// <summary>Queries, keys and values of a row, one after the other.</summary>
    public int Channels => checked(2 * KeyHeads * KeySize + Heads * ValueSize);

    /// <summary>Decays of a row.</summary>
    public int Decays => DecaysByElement ? checked(Heads * KeySize) : Heads;

    public int KeyHead(int head) => Interleaved ? head / (Heads / KeyHeads) : head % KeyHeads;

    /// <summary>Numbers of the state's slot: (heads, value size, padded key size).</summary>
    public long StateFloats => checked((long)Heads * ValueSize * StateRow.Padded(KeySize));
}

/// <summary>
/// The scan of the delta rule: each head's state S forgets by its decay, then is corrected: S += rate · (v - S·k)·k, and read: S·q. (Yang et al., 2024)
/// </summary>
internal sealed unsafe class DeltaScan(DeltaSizes sizes, FixedSlot slot) : StateScan(sizes.Heads, sizes.ValueSize), IAsk
{
    private RowView _channels;
    private RowBuffer _decays = null!;
    private RowBuffer _rates = null!;
    private RowBuffer _result = null!;

    public void Ask(Needs needs) => needs.Thread(3L * StateRow.Padded(sizes.KeySize) * sizeof(float));

    /// <summary>result (rows, heads · value size) of queries, keys and values (rows, channels), decays as factors, and rates (rows, heads). Waits.</summary>
    public void Forward(in Step step, RowView channels, RowBuffer decays, RowBuffer rates, RowBuffer result)
    {
        _channels = channels;
        _decays = decays;
        _rates = rates;
        _result = result;
        Run(step);
    }

    protected override void Run(in Segment segment, int head, int from, int count, float* own)
    {
        int size = sizes.KeySize, padded = StateRow.Padded(size), keyHead = sizes.KeyHead(head), keys = sizes.KeyHeads * size;
        (nint state, nint next) = segment.State.Carry(slot, ((long)head * sizes.ValueSize + from) * padded, (long)count * padded);
        for (int row = segment.First; row < segment.First + segment.Count; row++)
        {
            float* channels = _channels[row], v = channels + 2L * keys + (long)head * sizes.ValueSize + from;
            float* q = StateRow.Filled(channels + (long)keyHead * size, size, own);
            float* k = StateRow.Filled(channels + keys + (long)keyHead * size, size, own + padded);
            float* decays = sizes.DecaysByElement ? StateRow.Filled(_decays.Row(row) + (long)head * size, size, own + 2 * padded) : null;
            float decay = decays != null ? 0 : _decays.Row(row)[head], rate = _rates.Row(row)[head];
            float* y = _result.Row(row) + (long)head * sizes.ValueSize + from;
            for (int i = 0; i < count; i++)
                y[i] = StateRow.Delta((float*)state + (long)i * padded, (float*)next + (long)i * padded, decays, decay, rate, v[i], k, q, padded);
            state = next;
        }
    }
}
