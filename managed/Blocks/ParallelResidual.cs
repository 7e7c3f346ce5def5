using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x += scale · sum of branches, each of a norm of the same x; branches with the same norm share what was read through it.
/// (Wang and Komatsuzaki, 2021)</summary>
internal sealed unsafe class ParallelResidual(float scale, params (Norm? Norm, Branch Branch)[] parts) : Block
{
    // One for each different norm.
    private readonly SourceBuffer[] _sources = new SourceBuffer[parts.Length];
    private readonly RowBuffer?[] _normed = new RowBuffer?[parts.Length];
    private RowBuffer _sum = null!;

    public ParallelResidual(params (Norm? Norm, Branch Branch)[] parts) : this(1f, parts)
    {
    }

    public override void Ask(Needs needs)
    {
        _sum = needs.Rows(needs.Hidden);
        for (int i = 0; i < parts.Length; i++)
        {
            int first = First(i);
            SourceNeeds reads = parts.Where(part => part.Norm == parts[first].Norm).Aggregate(default(SourceNeeds), (all, part) => all | part.Branch.Reads);
            _sources[i] = first < i ? _sources[first] : needs.Source(reads.Layouts, needs.Hidden);
            _normed[i] = first < i ? _normed[first] : reads.Numbers ? needs.Rows(needs.Hidden) : null;
        }
        needs.Children(parts.Select(part => part.Branch).ToArray());
    }

    public override void Forward(in Step step)
    {
        Source source = default;
        for (int i = 0; i < parts.Length; i++)
        {
            if (i == 0 || parts[i].Norm != parts[i - 1].Norm)
                source = step.Read(step.Stream, step.Count, parts[i].Norm, _sources[i], _normed[i]);
            Target sum = _sum;
            parts[i].Branch.Forward(step, source, i == 0 ? sum : sum.Added);
        }
        step.AddNormed(_sum, null, scale);
    }

    private int First(int part) => Array.FindIndex(parts, other => other.Norm == parts[part].Norm);
}
