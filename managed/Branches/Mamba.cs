using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>The sizes of a Mamba mixer.</summary>
/// <param name="Inner">Width of x and z: channels, each with a state of its own.</param>
/// <param name="StateSize">Numbers of a channel's state.</param>
/// <param name="StepRank">Rank of the steps' matrix.</param>
/// <param name="Taps">Taps of the convolution.</param>
internal sealed record MambaSizes(int Inner, int StateSize, int StepRank, int Taps);

/// <summary>The norms that some families put on steps, B and C.</summary>
internal sealed record MambaNorms(Norm Step, Norm B, Norm C);

/// <summary>
/// Mamba: out(silu(z) · (scan(conv(x)) + D·x)); each channel's state decays by a number of its own for each of the state's. (Gu and Dao, 2023)
/// </summary>
/// <param name="sizes">Sizes.</param>
/// <param name="input">x and z of what it reads.</param>
/// <param name="conv">Of x.</param>
/// <param name="selection">Steps' low-rank form, B and C of the convolved x.</param>
/// <param name="step">From the low-rank form to a step for each channel, with its bias.</param>
/// <param name="norms">Null: none.</param>
/// <param name="a">Decay rates, negative, (inner, padded state size).</param>
/// <param name="d">Share of x in the result, one a channel.</param>
/// <param name="output">To the stream.</param>
/// <param name="slot">(inner, padded state size)</param>
internal sealed unsafe class Mamba(
    MambaSizes sizes, Linear input, CausalConv conv, Linear selection, Linear step, MambaNorms? norms, float* a, float* d, Linear output, FixedSlot slot) : Branch
{
    private readonly Matrices _input = new(input);
    private readonly Matrices _selection = new(selection);
    private readonly Matrices _step = new(step);
    private readonly Matrices _output = new(output);
    private readonly Scan _scan = new(sizes, a, d, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _convolved = null!;
    private RowBuffer _selected = null!;
    private RowBuffer _steps = null!;
    private SourceBuffer _wide = null!;
    private SourceBuffer _narrow = null!;

    public override SourceNeeds Reads => new(_input.Layouts);

    /// <summary>Numbers of the state's slot.</summary>
    public static long StateFloats(MambaSizes sizes) => (long)sizes.Inner * StateRow.Padded(sizes.StateSize);

    public override void Ask(Needs needs)
    {
        foreach (Matrices matrices in (ReadOnlySpan<Matrices>)[_input, _selection, _step, _output])
            needs.Product(matrices);
        _projected = needs.Rows(2L * sizes.Inner);
        _convolved = needs.Rows(sizes.Inner);
        _selected = needs.Rows(sizes.StepRank + 2L * sizes.StateSize);
        _steps = needs.Rows(sizes.Inner);
        _wide = needs.Source(new LayoutSet(_selection.Layouts.Bits | _output.Layouts.Bits), sizes.Inner);
        _narrow = needs.Source(_step.Layouts, sizes.StepRank);
        needs.Thread(2L * StateRow.Padded(sizes.StateSize) * sizeof(float));
    }

    public override void Forward(in Step pass, in Source source, in Target target)
    {
        pass.Project(_input, source, _projected);                                   // (rows, x + z)
        pass.Barrier();
        conv.Forward(pass, _projected.View, _convolved.View);                       // (rows, inner)
        pass.Project(_selection, pass.Load(_convolved, _wide), _selected);          // (rows, step rank + B + C)
        pass.Barrier();
        NormSelection(pass);
        pass.Project(_step, pass.Load(_selected, _narrow), _steps);                 // (rows, inner)
        pass.Barrier();
        _scan.Set(pass, _convolved, _selected, _steps);
        pass.Share(_scan, pass.Rows.SegmentCount * _scan.Blocks);                   // (rows, inner), in place of the convolved
        pass.Barrier();
        Gate(pass);
        pass.Project(_output, pass.Load(_convolved, _wide), target);                // (rows, hidden)
        pass.Barrier();
    }

    private void NormSelection(in Step pass)
    {
        if (norms == null)
            return;
        (int first, int last) = pass.Share(pass.Count);
        for (int row = first; row < last; row++)
        {
            float* selected = _selected.Row(row);
            norms.Step.Apply(selected);
            norms.B.Apply(selected + sizes.StepRank);
            norms.C.Apply(selected + sizes.StepRank + sizes.StateSize);
        }
        pass.Barrier();
    }

    private void Gate(in Step pass)
    {
        (int first, int last) = pass.Share(pass.Count);
        for (int row = first; row < last; row++)
            Gating.Silu(_projected.Row(row) + sizes.Inner, _convolved.Row(row), sizes.Inner);
        pass.Barrier();
    }

    /// <summary>One item is a segment and some channels: their states stay near over all its tokens, in order.</summary>
    private sealed class Scan(MambaSizes sizes, float* a, float* d, FixedSlot slot) : SharedLoop
    {
        private const int Channels = 64;

        private RowSet _rows = null!;
        private Scratch _scratch = null!;
        private RowBuffer _x = null!;
        private RowBuffer _selected = null!;
        private RowBuffer _steps = null!;

        /// <summary>Items of a segment.</summary>
        public int Blocks => (sizes.Inner + Channels - 1) / Channels;

        public override bool IsRepeatable => false;

        public void Set(in Step pass, RowBuffer x, RowBuffer selected, RowBuffer steps)
        {
            _rows = pass.Rows;
            _scratch = pass.Scratch;
            _x = x;
            _selected = selected;
            _steps = steps;
        }

        public override void Run(int thread, int first, int last)
        {
            for (int item = first; item < last && !_scratch.IsGivenUp(thread); item++)
                Run(_rows.Segments[item / Blocks], item % Blocks * Channels, (float*)_scratch.Own(thread));
        }

        private void Run(in Segment segment, int from, float* own)
        {
            int count = Math.Min(Channels, sizes.Inner - from), padded = StateRow.Padded(sizes.StateSize);
            long offset = (long)from * padded;
            (nint state, nint next) = segment.State.Carry(slot, offset, (long)count * padded);
            for (int row = segment.First; row < segment.First + segment.Count; row++)
            {
                float* selected = _selected.Row(row) + sizes.StepRank, x = _x.Row(row) + from, steps = _steps.Row(row) + from;
                float* b = StateRow.Filled(selected, sizes.StateSize, own);
                float* c = StateRow.Filled(selected + sizes.StateSize, sizes.StateSize, own + padded);
                for (int i = 0; i < count; i++)
                {
                    float step = Softplus.Compute(steps[i]);
                    long at = (long)i * padded;
                    float y = StateRow.SelectiveDecay((float*)state + at, (float*)next + at, a + offset + at, step, step * x[i], b, c, padded);
                    x[i] = MathF.FusedMultiplyAdd(x[i], d[from + i], y);
                }
                state = next;
            }
        }
    }
}
