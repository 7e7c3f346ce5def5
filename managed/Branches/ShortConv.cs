using Realm.Passes;

namespace Realm.Branches;

/// <summary>A gated short convolution: out(C · conv(B · x)), with B, C and x linear in what it reads. (Liquid AI, 2025)</summary>
/// <param name="input">B, C and x, one after the other.</param>
/// <param name="conv">Of B · x.</param>
/// <param name="output">To the stream.</param>
internal sealed unsafe class ShortConv(Linear input, CausalConv conv, Linear output) : Branch
{
    private readonly Matrices _input = new(input);
    private readonly Matrices _output = new(output);
    private RowBuffer _projected = null!;
    private RowBuffer _convolved = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(_input.Layouts);

    private int Width => input.Outputs / 3;

    public override void Ask(Needs needs)
    {
        needs.Product(_input);
        needs.Product(_output);
        _projected = needs.Rows(input.Outputs);
        _convolved = needs.Rows(Width);
        _source = needs.Source(_output.Layouts, Width);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_input, source, _projected);                                       // (rows, B + C + x)
        step.Barrier();
        Multiply(step, _projected.View, new RowView(_projected.Memory + 2 * Width, _projected.Floats));         // x = B · x
        conv.Forward(step, new RowView(_projected.Memory + 2 * Width, _projected.Floats), _convolved.View);     // (rows, width)
        Multiply(step, new RowView(_projected.Memory + Width, _projected.Floats), _convolved.View);
        step.Project(_output, step.Load(_convolved, _source), target);                  // (rows, hidden)
        step.Barrier();
    }

    private void Multiply(in Step step, RowView gate, RowView x)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* g = gate[row], y = x[row];
            for (int i = 0; i < Width; i++)
                y[i] *= g[i];
        }
        step.Barrier();
    }
}
