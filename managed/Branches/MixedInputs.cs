using Realm.Passes;

namespace Realm.Branches;

/// <summary>Several rows made of one, side by side, each for matrices of its own.</summary>
/// <param name="width">Numbers of each.</param>
/// <param name="count">How many.</param>
/// <param name="layouts">Of all matrices that read them.</param>
internal sealed unsafe class MixedInputs(int width, int count, LayoutSet layouts) : IAsk
{
    private RowBuffer _rows = null!;
    private SourceBuffer _source = null!;

    public void Ask(Needs needs)
    {
        _rows = needs.Rows((long)count * width);
        _source = needs.Source(layouts, width);
    }

    /// <summary>The i-th of a row.</summary>
    public float* Row(int row, int i) => _rows.Row(row) + (long)i * width;

    /// <summary>The i-th of all rows, for matrices. Waits; the one before must not be needed any more.</summary>
    public Source Read(in Step step, int i) => step.Read(new RowView(_rows.Memory + (long)i * width, _rows.Floats), step.Count, null, _source);

    /// <summary>target = matrices · the i-th. Waits.</summary>
    public void Project(in Step step, int i, Matrices matrices, in Target target)
    {
        step.Project(matrices, Read(step, i), target);
        step.Barrier();
    }
}
