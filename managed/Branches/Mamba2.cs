using Realm.Kernels;
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
    public int Channels => checked(Inner + 2 * Groups * StateSize);

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
    private readonly HeadScan _scan = new(sizes.Heads, sizes.HeadSize, sizes.Groups, sizes.StateSize, a, d, stepBias, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _convolved = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(_input.Layouts);

    public override void Ask(Needs needs)
    {
        needs.Product(_input);
        needs.Product(_output);
        _projected = needs.Rows(sizes.Projected);
        _convolved = needs.Rows(sizes.Channels);
        _result = needs.Rows(sizes.Inner);
        _source = needs.Source(_output.Layouts, sizes.Inner);
        _scan.Ask(needs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_input, source, _projected);                                      // (rows, z + x + B + C + steps)
        step.Barrier();
        conv.Forward(step, new RowView(_projected.Memory + sizes.Inner, _projected.Floats), _convolved.View);   // (rows, x + B + C)
        float* b = _convolved.Memory + sizes.Inner, c = b + sizes.Groups * sizes.StateSize, steps = _projected.Memory + sizes.Inner + sizes.Channels;
        _scan.Forward(step, _convolved.View, new RowView(b, _convolved.Floats), new RowView(c, _convolved.Floats), new RowView(steps, _projected.Floats),
            _result);                                                                  // (rows, inner)
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
}
