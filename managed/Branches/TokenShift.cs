using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>What a branch reads of the token before: the last row of a sequence is kept in a slot, and before the first there are zeros.
/// (Peng et al., 2023)</summary>
/// <param name="width">Numbers of a row.</param>
/// <param name="slot">Of as many.</param>
internal sealed unsafe class TokenShift(int width, FixedSlot slot) : IAsk
{
    private RowBuffer _differences = null!;

    public void Ask(Needs needs) => _differences = needs.Rows(width);

    /// <summary>Looks at all rows of the pass. Waits.</summary>
    public void Forward(in Step step, in Source source)
    {
        (int first, int last) = step.Share(step.Count);
        foreach (Segment segment in step.Rows.Segments)
        {
            int end = segment.First + segment.Count;
            for (int row = Math.Max(first, segment.First); row < Math.Min(last, end); row++)
            {
                float* before = row > segment.First ? source[row - 1] : segment.State.IsEmpty(slot) ? null : segment.State.Current(slot);
                Subtract(before, source[row], _differences.Row(row));
                if (row == end - 1)
                    new ReadOnlySpan<float>(source[row], width).CopyTo(new Span<float>(segment.State.Next(slot), width));
            }
        }
        step.Barrier();
    }

    /// <summary>output = n + (what was before - n) · weights.</summary>
    public void Mix(float* n, int row, float* weights, float* output) => Mix(n, row, weights, null, output);

    /// <summary>output = n + (what was before - n) · (weights + more).</summary>
    public void Mix(float* n, int row, float* weights, float* more, float* output)
    {
        float* difference = _differences.Row(row);
        for (int i = 0; i < width; i++)
            output[i] = MathF.FusedMultiplyAdd(difference[i], more == null ? weights[i] : weights[i] + more[i], n[i]);
    }

    private void Subtract(float* before, float* n, float* difference)
    {
        for (int i = 0; i < width; i++)
            difference[i] = before == null ? -n[i] : before[i] - n[i];
    }
}
