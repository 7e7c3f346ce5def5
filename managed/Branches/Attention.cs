using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// Grouped-query attention over the keys and values of a sequence: output(attend(turn(q), turn(k), v)), with q, k, v linear in what it reads.
/// (Vaswani et al., 2017; Ainslie et al., 2023; Su et al., 2021)
/// </summary>
internal sealed class Attention : Branch
{
    private readonly AttentionFacts _facts;
    private readonly Matrices _projections;
    private readonly Matrices _output;
    private readonly AttentionLoop _loop;
    private RowBuffer _projected = null!;
    private RowBuffer _attended = null!;
    private SourceBuffer _source = null!;

    /// <param name="facts">What attention is in this layer.</param>
    /// <param name="projections">Queries, keys, values, in one matrix or several whose outputs follow one another.</param>
    /// <param name="output">From the heads' results to the stream.</param>
    /// <param name="slot">Where keys and values lie.</param>
    public Attention(AttentionFacts facts, Linear[] projections, Linear output, KeyValueSlot slot)
    {
        _facts = facts;
        _projections = new Matrices(projections);
        _output = new Matrices(output);
        _loop = new AttentionLoop(facts, slot);
    }

    public override SourceNeeds Reads => new(_projections.Layouts);

    private int ResultSize => checked(_facts.Heads * _facts.ValueSize);

    public override void Ask(Needs needs)
    {
        needs.Product(_projections);
        needs.Product(_output);
        _projected = needs.Rows(_projections.Outputs);
        _attended = needs.Rows(ResultSize);
        _source = needs.Source(_output.Layouts, ResultSize);
        _loop.Ask(needs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_projections, source, _projected);                                     // (rows, (heads + 2 kvHeads) · headSize)
        step.Barrier();
        if (_facts.Projected != null)
            ChangeProjected(step, _facts.Projected);
        _loop.Attend(step, _projected, _attended);                                          // (rows, heads, headSize)
        step.Barrier();
        if (_facts.Attended != null)
            ChangeAttended(step, _facts.Attended);
        Source o = step.Load(_attended, _source);
        step.Project(_output, o, target);                                                   // (rows, hidden)
        step.Barrier();
    }

    private unsafe void ChangeProjected(in Step step, RowChange change)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            change.Apply(_projected.Row(row));
        step.Barrier();
    }

    private unsafe void ChangeAttended(in Step step, ResultChange change)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            change.Apply(_attended.Row(row), _projected.Row(row));
        step.Barrier();
    }
}
