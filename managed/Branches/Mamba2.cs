using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>The sizes of a Mamba 2 mixer.</summary>
/// <param name="Inner">Width of x and z.</param>
/// <param name="Heads">Heads; each has Inner / Heads values.</param>
/// <param name="Groups">Groups of heads that share B and C.</param>
/// <param name="StateSize">Numbers of a value's state.</param>
/// <param name="Taps">Taps of the convolution.</param>
internal sealed record Mamba2Sizes(int Inner, int Heads, int Groups, int StateSize, int Taps)
{
    public int HeadSize => Inner / Heads;

    /// <summary>Channels of the convolution: x, B, C.</summary>
    public int Channels => Inner + 2 * Groups * StateSize;

    /// <summary>Outputs of the first matrix: z, x, B, C, a step for each head.</summary>
    public int Projected => Inner + Channels + Heads;
}

/// <summary>
/// Mamba 2: out(norm(silu(z) · (scan(conv(x, B, C), steps) + D·x))). A head's state decays by one number a token. (Dao and Gu, 2024)
/// </summary>
/// <param name="sizes">Sizes.</param>
/// <param name="input">z, x, B, C and steps of what it reads.</param>
/// <param name="conv">Of x, B and C.</param>
/// <param name="a">Decay rates, negative, one a head.</param>
/// <param name="d">Share of x in the result, one a head.</param>
/// <param name="stepBias">Added to steps, one a head.</param>
/// <param name="norm">Of the gated result, by groups; null: none.</param>
/// <param name="output">To the stream.</param>
/// <param name="slot">(heads, head size, padded state size)</param>
internal sealed unsafe class Mamba2(Mamba2Sizes sizes, Linear input, CausalConv conv, float* a, float* d, float* stepBias, Norm? norm, Linear output, FixedSlot slot)
    : Branch
{
    private readonly Matrices _input = new(input);
    private readonly Matrices _output = new(output);
    private readonly Scan _scan = new(sizes, a, d, stepBias, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _convolved = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(_input.Layouts);

    /// <summary>Numbers of the state's slot.</summary>
    public static long StateFloats(Mamba2Sizes sizes) => (long)sizes.Inner * StateRow.Padded(sizes.StateSize);

    public override void Ask(Needs needs)
    {
        needs.Product(_input);
        needs.Product(_output);
        _projected = needs.Rows(sizes.Projected);
        _convolved = needs.Rows(sizes.Channels);
        _result = needs.Rows(sizes.Inner);
        _source = needs.Source(_output.Layouts, sizes.Inner);
        needs.Thread(2L * StateRow.Padded(sizes.StateSize) * sizeof(float));
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_input, source, _projected);                                      // (rows, z + x + B + C + steps)
        step.Barrier();
        conv.Forward(step, new RowView(_projected.Memory + sizes.Inner, _projected.Floats), _convolved.View);   // (rows, x + B + C)
        _scan.Set(step, _projected, _convolved, _result);
        step.Share(_scan, step.Rows.SegmentCount * _scan.Blocks);                      // (rows, inner)
        step.Barrier();
        Gate(step);
        Source y = step.Load(_result, _source);
        step.Project(_output, y, target);                                              // (rows, hidden)
        step.Barrier();
    }

    private void Gate(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* y = _result.Row(row);
            Gating.Silu(_projected.Row(row), y, sizes.Inner);
            norm?.Apply(y);
        }
        step.Barrier();
    }

    /// <summary>One item is a segment and some values of a head: their states stay near over all its tokens, in order.</summary>
    private sealed class Scan(Mamba2Sizes sizes, float* a, float* d, float* stepBias, FixedSlot slot) : SharedLoop
    {
        private const int Values = 16;

        private RowSet _rows = null!;
        private Scratch _scratch = null!;
        private RowBuffer _projected = null!;
        private RowBuffer _convolved = null!;
        private RowBuffer _result = null!;

        private int BlocksAHead => (sizes.HeadSize + Values - 1) / Values;

        /// <summary>Items of a segment.</summary>
        public int Blocks => sizes.Heads * BlocksAHead;

        public override bool IsRepeatable => false;

        public void Set(in Step step, RowBuffer projected, RowBuffer convolved, RowBuffer result)
        {
            _rows = step.Rows;
            _scratch = step.Scratch;
            _projected = projected;
            _convolved = convolved;
            _result = result;
        }

        public override void Run(int thread, int first, int last)
        {
            for (int item = first; item < last; item++)
                Run(_rows.Segments[item / Blocks], item % Blocks, (float*)_scratch.Own(thread));
        }

        private void Run(in Segment segment, int block, float* own)
        {
            int head = block / BlocksAHead, from = block % BlocksAHead * Values, count = Math.Min(Values, sizes.HeadSize - from);
            int padded = StateRow.Padded(sizes.StateSize), group = head / (sizes.Heads / sizes.Groups);
            long offset = (long)(head * sizes.HeadSize + from) * padded, floats = (long)count * padded;
            float* state = segment.State.Next(slot) + offset;
            if (segment.State.IsEmpty(slot))
                new Span<float>(state, (int)floats).Clear();
            else
                new ReadOnlySpan<float>(segment.State.Current(slot) + offset, (int)floats).CopyTo(new Span<float>(state, (int)floats));
            float* b = own, c = own + padded;
            for (int row = segment.First; row < segment.First + segment.Count; row++)
            {
                float* channels = _convolved.Row(row), x = channels + head * sizes.HeadSize + from;
                StateRow.Fill(channels + sizes.Inner + group * sizes.StateSize, sizes.StateSize, b);
                StateRow.Fill(channels + sizes.Inner + (sizes.Groups + group) * sizes.StateSize, sizes.StateSize, c);
                float step = Softplus.Compute(_projected.Row(row)[sizes.Inner + sizes.Channels + head] + stepBias[head]), decay = Exp.Compute(step * a[head]);
                float* y = _result.Row(row) + head * sizes.HeadSize + from;
                for (int i = 0; i < count; i++)
                    y[i] = MathF.FusedMultiplyAdd(x[i], d[head], StateRow.Decay(state + (long)i * padded, decay, step * x[i], b, c, padded));
            }
        }
    }
}
