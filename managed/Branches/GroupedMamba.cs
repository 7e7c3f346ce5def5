using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// A Mamba mixer whose heads decay by one number each, and whose steps, B and C come of the convolved x and are normed: out(silu(z) · scan(conv(x))).
/// (Preferred Networks, 2025)
/// </summary>
/// <param name="sizes">Sizes; one group.</param>
/// <param name="stepRank">Width of the steps' low-rank form.</param>
/// <param name="input">z and x, by heads: a head's z, its x, the next head's z.</param>
/// <param name="conv">Of x.</param>
/// <param name="selection">B, C and the steps' low-rank form, of the convolved x.</param>
/// <param name="norms">Of B, C and the steps' low-rank form.</param>
/// <param name="steps">From the low-rank form to a step for each head, with its bias.</param>
/// <param name="a">Decay rates, one a head.</param>
/// <param name="d">Share of x in the result, one a head.</param>
/// <param name="output">To the stream.</param>
/// <param name="slot">The states.</param>
internal sealed unsafe class GroupedMamba(
    Mamba2Sizes sizes, int stepRank, Linear input, CausalConv conv, Linear selection, MambaNorms norms, Linear steps, float* a, float* d, Linear output,
    FixedSlot slot) : Branch
{
    private readonly Matrices _input = new(input);
    private readonly Matrices _selection = new(selection);
    private readonly Matrices _steps = new(steps);
    private readonly Matrices _output = new(output);
    private readonly HeadScan _scan = new(sizes.Heads, sizes.HeadSize, 1, sizes.StateSize, a, d, null, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _x = null!;
    private RowBuffer _convolved = null!;
    private RowBuffer _selected = null!;
    private RowBuffer _stepRows = null!;
    private RowBuffer _lowRank = null!;
    private SourceBuffer _wide = null!;
    private SourceBuffer _narrow = null!;

    public override SourceNeeds Reads => new(_input.Layouts);

    public override void Ask(Needs needs)
    {
        foreach (Matrices matrices in (ReadOnlySpan<Matrices>)[_input, _selection, _steps, _output])
            needs.Product(matrices);
        _projected = needs.Rows(2L * sizes.Inner);
        _x = needs.Rows(sizes.Inner);
        _convolved = needs.Rows(sizes.Inner);
        _selected = needs.Rows(stepRank + 2L * sizes.StateSize);
        _lowRank = needs.Rows(stepRank);
        _stepRows = needs.Rows(sizes.Heads);
        _wide = needs.Source(new LayoutSet(_selection.Layouts.Bits | _output.Layouts.Bits), sizes.Inner);
        _narrow = needs.Source(_steps.Layouts, stepRank);
        _scan.Ask(needs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_input, source, _projected);                                         // (rows, heads · (z + x))
        step.Barrier();
        Gather(step);                                                                     // (rows, inner)
        conv.Forward(step, _x.View, _convolved.View);                                     // (rows, inner)
        step.Project(_selection, step.Load(_convolved, _wide), _selected);                // (rows, B + C + step rank)
        step.Barrier();
        NormSelection(step);
        step.Project(_steps, step.Load(_lowRank, _narrow), _stepRows);                    // (rows, heads)
        step.Barrier();
        _scan.Forward(step, _convolved.View, _selected.View, new RowView(_selected.Memory + sizes.StateSize, _selected.Floats), _stepRows.View, _x);
        Gate(step);
        step.Project(_output, step.Load(_x, _wide), target);                              // (rows, hidden)
        step.Barrier();
    }

    private void Gather(in Step step)
    {
        int size = sizes.HeadSize;
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            for (int head = 0; head < sizes.Heads; head++)
            {
                float* x = _projected.Row(row) + (2L * head + 1) * size;
                new ReadOnlySpan<float>(x, size).CopyTo(new Span<float>(_x.Row(row) + (long)head * size, size));
            }
        }
        step.Barrier();
    }

    private void NormSelection(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* selected = _selected.Row(row);
            norms.B.Apply(selected);
            norms.C.Apply(selected + sizes.StateSize);
            norms.Step.Compute(selected + 2L * sizes.StateSize, _lowRank.Row(row));
        }
        step.Barrier();
    }

    private void Gate(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            for (int head = 0; head < sizes.Heads; head++)
                Gating.Silu(_projected.Row(row) + 2L * head * sizes.HeadSize, _x.Row(row) + (long)head * sizes.HeadSize, sizes.HeadSize);
        }
        step.Barrier();
    }
}
