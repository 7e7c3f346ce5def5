using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// Lightning attention: out(sigmoid(gate) · norm(scan(silu(q, k, v)))), where each head's state forgets at a constant rate: S = decay·S + v·k, y = S·q.
/// (Qin et al., 2024)
/// </summary>
/// <param name="projection">Of each head its query, key and value, then the next head's.</param>
/// <param name="gate">The gate.</param>
/// <param name="norm">Of all heads' results together.</param>
/// <param name="decays">What of a head's state is left after a token.</param>
/// <param name="size">Elements of a query, key and value.</param>
/// <param name="output">To the stream.</param>
/// <param name="slot">(heads, size, padded size)</param>
internal sealed unsafe class LightningAttention(Linear projection, Linear gate, Norm norm, float[] decays, int size, Linear output, FixedSlot slot) : Branch
{
    private readonly Matrices _projection = Matrices.Activated(projection, Activation.Silu);
    private readonly Matrices _gate = new(gate);
    private readonly Matrices _output = new(output);
    private readonly Scan _scan = new(decays, size, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _gates = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new SourceNeeds(_projection.Layouts) | new SourceNeeds(_gate.Layouts);

    /// <summary>Numbers of the state's slot.</summary>
    public static long StateFloats(int heads, int size) => checked((long)heads * size * StateRow.Padded(size));

    public override void Ask(Needs needs)
    {
        foreach (Matrices matrices in (ReadOnlySpan<Matrices>)[_projection, _gate, _output])
            needs.Product(matrices);
        _projected = needs.Rows(projection.Outputs);
        _gates = needs.Rows(gate.Outputs);
        _result = needs.Rows(gate.Outputs);
        _source = needs.Source(_output.Layouts, gate.Outputs);
        needs.Thread(2L * StateRow.Padded(size) * sizeof(float));
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_projection, source, _projected);                        // (rows, heads · 3 · size)
        step.Project(_gate, source, _gates);                                  // (rows, heads · size)
        step.Barrier();
        _scan.Set(step, _projected, _result);
        step.Share(_scan, step.Rows.SegmentCount * _scan.Blocks);             // (rows, heads · size)
        step.Barrier();
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            norm.Apply(_result.Row(row));
            Gating.Sigmoid(_gates.Row(row), _result.Row(row), gate.Outputs);
        }
        step.Barrier();
        step.Project(_output, step.Load(_result, _source), target);           // (rows, hidden)
        step.Barrier();
    }

    /// <summary>One item is a segment and some values of a head: their states stay near over all its tokens, in order.</summary>
    private sealed class Scan(float[] decays, int size, FixedSlot slot) : SharedLoop
    {
        private const int Values = 16;

        private RowSet _rows = null!;
        private Scratch _scratch = null!;
        private RowBuffer _projected = null!;
        private RowBuffer _result = null!;

        private int BlocksAHead => (size + Values - 1) / Values;

        /// <summary>Items of a segment.</summary>
        public int Blocks => checked(decays.Length * BlocksAHead);

        public override bool IsRepeatable => false;

        public void Set(in Step step, RowBuffer projected, RowBuffer result)
        {
            _rows = step.Rows;
            _scratch = step.Scratch;
            _projected = projected;
            _result = result;
        }

        public override void Run(int thread, int first, int last)
        {
            for (int item = first; item < last && !_scratch.IsGivenUp(thread); item++)
                Run(_rows.Segments[item / Blocks], item % Blocks, (float*)_scratch.Own(thread));
        }

        private void Run(in Segment segment, int block, float* own)
        {
            int head = block / BlocksAHead, from = block % BlocksAHead * Values, count = Math.Min(Values, size - from), padded = StateRow.Padded(size);
            (nint state, nint next) = segment.State.Carry(slot, ((long)head * size + from) * padded, (long)count * padded);
            for (int row = segment.First; row < segment.First + segment.Count; row++)
            {
                float* query = _projected.Row(row) + 3L * head * size, v = query + 2L * size + from, y = _result.Row(row) + (long)head * size + from;
                float* q = StateRow.Filled(query, size, own), k = StateRow.Filled(query + size, size, own + padded);
                StateRow.Decay((float*)state, (float*)next, padded, count, decays[head], v, k, q, y);
                state = next;
            }
        }
    }
}
