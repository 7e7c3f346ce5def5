using Realm.Kernels;
using Realm.Parallel;
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
    public int Channels => 2 * KeyHeads * KeySize + Heads * ValueSize;

    /// <summary>Decays of a row.</summary>
    public int Decays => DecaysByElement ? Heads * KeySize : Heads;

    public int KeyHead(int head) => Interleaved ? head / (Heads / KeyHeads) : head % KeyHeads;

    /// <summary>Numbers of the state's slot: (heads, value size, padded key size).</summary>
    public long StateFloats => (long)Heads * ValueSize * StateRow.Padded(KeySize);
}

/// <summary>
/// The scan of the delta rule: each head's state S forgets by its decay, then is corrected: S += rate · (v - S·k)·k, and read: S·q. (Yang et al., 2024)
/// One item is a segment and some values of a head: their rows of the state stay near over all its tokens, in order.
/// </summary>
internal sealed unsafe class DeltaScan(DeltaSizes sizes, FixedSlot slot) : SharedLoop, IAsk
{
    private const int Values = 16;

    private RowSet _rows = null!;
    private Scratch _scratch = null!;
    private RowView _channels;
    private RowBuffer _decays = null!;
    private RowBuffer _rates = null!;
    private RowBuffer _result = null!;

    private int BlocksAHead => (sizes.ValueSize + Values - 1) / Values;

    private int Blocks => sizes.Heads * BlocksAHead;

    // It writes results and state where they belong.
    public override bool IsRepeatable => false;

    public void Ask(Needs needs) => needs.Thread(3L * StateRow.Padded(sizes.KeySize) * sizeof(float));

    /// <summary>result (rows, heads · value size) of queries, keys and values (rows, channels), decays as factors, and rates (rows, heads). Waits.</summary>
    public void Forward(in Step step, RowView channels, RowBuffer decays, RowBuffer rates, RowBuffer result)
    {
        _rows = step.Rows;
        _scratch = step.Scratch;
        _channels = channels;
        _decays = decays;
        _rates = rates;
        _result = result;
        step.Share(this, step.Rows.SegmentCount * Blocks);
        step.Barrier();
    }

    public override void Run(int thread, int first, int last)
    {
        for (int item = first; item < last; item++)
            Run(_rows.Segments[item / Blocks], item % Blocks, (float*)_scratch.Own(thread));
    }

    private void Run(in Segment segment, int block, float* own)
    {
        int head = block / BlocksAHead, from = block % BlocksAHead * Values, count = Math.Min(Values, sizes.ValueSize - from);
        int size = sizes.KeySize, padded = StateRow.Padded(size), keyHead = sizes.KeyHead(head), keys = sizes.KeyHeads * size;
        float* state = segment.State.Continue(slot, ((long)head * sizes.ValueSize + from) * padded, (long)count * padded);
        float* q = own, k = own + padded, decays = sizes.DecaysByElement ? own + 2 * padded : null;
        for (int row = segment.First; row < segment.First + segment.Count; row++)
        {
            float* channels = _channels[row], v = channels + 2L * keys + (long)head * sizes.ValueSize + from;
            StateRow.Fill(channels + (long)keyHead * size, size, q);
            StateRow.Fill(channels + keys + (long)keyHead * size, size, k);
            if (decays != null)
                StateRow.Fill(_decays.Row(row) + (long)head * size, size, decays);
            float decay = decays != null ? 0 : _decays.Row(row)[head], rate = _rates.Row(row)[head];
            float* y = _result.Row(row) + (long)head * sizes.ValueSize + from;
            for (int i = 0; i < count; i++)
                y[i] = StateRow.Delta(state + (long)i * padded, decays, decay, rate, v[i], k, q, padded);
        }
    }
}
