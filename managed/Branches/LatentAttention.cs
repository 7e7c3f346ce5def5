using Realm.Passes;

namespace Realm.Branches;

/// <summary>The sizes of multi-head latent attention.</summary>
/// <param name="Heads">Heads.</param>
/// <param name="Still">Elements of a head's query and key that do not turn.</param>
/// <param name="Turned">Elements that turn; those of keys are one for all heads.</param>
/// <param name="Value">Elements of a head's value and result.</param>
/// <param name="Rank">Elements of the latent that keys and values are made of.</param>
internal readonly record struct LatentShape(int Heads, int Still, int Turned, int Value, int Rank)
{
    /// <summary>Elements of a head's query.</summary>
    public int Query => Still + Turned;
}

/// <summary>
/// Multi-head latent attention: keys and values are linear in a latent of each position, c = norm(W·n), beside which stands a part of the
/// key that turns and belongs to all heads. Queries may come through a latent of their own. (DeepSeek-AI, 2024, section 2.1)
/// </summary>
internal abstract class LatentAttention : Branch
{
    private readonly Matrices _first;
    private readonly Norm _latentNorm;
    private readonly Norm? _queryNorm;
    private readonly Matrices? _queryUp;
    private readonly ResultChange? _change;
    private readonly Matrices _output;
    private readonly int _latentAt;
    private RowBuffer _projected = null!;
    private RowBuffer? _queries;
    private SourceBuffer? _querySource;
    private RowBuffer _attended = null!;
    private SourceBuffer _source = null!;

    /// <param name="shape">Its sizes.</param>
    /// <param name="first">What reads the input: queries or their latent; the latent and the key's turned part; perhaps more (a
    /// gate).</param>
    /// <param name="query">The norm of the queries' latent, and the map from there to queries; null: there is none.</param>
    /// <param name="latentNorm">The norm of the latent.</param>
    /// <param name="output">From the heads' results to the stream.</param>
    /// <param name="change">What happens to the heads' results before; it is handed the first projections. Null: nothing.</param>
    protected LatentAttention(LatentShape shape, Linear[] first, (Norm Norm, Linear Up)? query, Norm latentNorm, Linear output,
        ResultChange? change)
    {
        Shape = shape;
        _first = new Matrices(first);
        _latentAt = first[0].Outputs;
        _latentNorm = latentNorm;
        _queryNorm = query?.Norm;
        _queryUp = query is { } some ? new Matrices(some.Up) : null;
        _output = new Matrices(output);
        _change = change;
    }

    protected LatentShape Shape { get; }

    public override SourceNeeds Reads => new(_first.Layouts);

    public override void Ask(Needs needs)
    {
        needs.Product(_first);
        _projected = needs.Rows(_first.Outputs);
        if (_queryUp != null)
        {
            needs.Product(_queryUp);
            _querySource = needs.Source(_queryUp.Layouts, _queryUp.Inputs);
            _queries = needs.Rows(_queryUp.Outputs);
        }
        needs.Product(_output);
        _attended = needs.Rows(_output.Inputs);
        _source = needs.Source(_output.Layouts, _output.Inputs);
    }

    public override unsafe void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_first, source, _projected);                                            // (rows, queries + rank + turned)
        step.Barrier();
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            _latentNorm.Apply(_projected.Row(row) + _latentAt);
            _queryNorm?.Apply(_projected.Row(row));
        }
        step.Barrier();
        RowView queries = _projected.View;
        if (_queryUp != null)
        {
            step.Project(_queryUp, step.Load(_projected, _querySource!), _queries!);         // (rows, heads · (still + turned))
            step.Barrier();
            queries = _queries!.View;
        }
        Attend(step, queries, new RowView(_projected.Memory + _latentAt, _projected.Floats), _attended);
        step.Barrier();
        if (_change != null)
            Change(step, _change);
        step.Project(_output, step.Load(_attended, _source), target);                        // (rows, hidden)
        step.Barrier();
    }

    /// <summary>Results (rows, heads · value) of queries (rows, heads · (still + turned)) and latents (rows, rank + turned).</summary>
    protected abstract void Attend(in Step step, RowView queries, RowView latents, RowBuffer results);

    private unsafe void Change(in Step step, ResultChange change)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            change.Apply(_attended.Row(row), _projected.Row(row));
        step.Barrier();
    }
}
