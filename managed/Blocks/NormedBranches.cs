using Realm.Branches;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x += after(sum of after_i(branch_i(before_i(x)))): branches side by side, each with norms of its own. (Gemma Team, 2026)</summary>
internal sealed unsafe class NormedBranches(Norm after, params (Norm Before, Branch Branch, Norm After)[] parts) : Block
{
    private readonly SourceBuffer[] _sources = new SourceBuffer[parts.Length];
    private readonly RowBuffer?[] _normed = new RowBuffer?[parts.Length];
    private RowBuffer _sum = null!;
    private RowBuffer _result = null!;

    public override void Ask(Needs needs)
    {
        _sum = needs.Rows(needs.Hidden);
        _result = needs.Rows(needs.Hidden);
        for (int i = 0; i < parts.Length; i++)
        {
            SourceNeeds reads = parts[i].Branch.Reads;
            _sources[i] = needs.Source(reads.Layouts, needs.Hidden);
            _normed[i] = reads.Numbers ? needs.Rows(needs.Hidden) : null;
        }
        needs.Children(parts.Select(part => part.Branch).ToArray());
    }

    public override void Forward(in Step step)
    {
        Target sum = _sum;
        for (int i = 0; i < parts.Length; i++)
        {
            Source source = step.Read(step.Stream, step.Count, parts[i].Before, _sources[i], _normed[i]);
            parts[i].Branch.Forward(step, source, _result);
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                parts[i].After.Apply(_result.Row(row));
                (i == 0 ? sum : sum.Added).Put(row, _result.Row(row), (int)_result.Floats);
            }
            step.Barrier();
        }
        step.AddNormed(_sum, after, 1f);
    }
}
