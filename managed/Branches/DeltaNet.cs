using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>Where the parts of a delta net lie in its projected row.</summary>
/// <param name="Decay">Of each decay, or of the low-rank form they come of.</param>
/// <param name="Rate">Of each head's rate.</param>
/// <param name="Gate">Where the gate begins, or the low-rank form it comes of.</param>
internal sealed record DeltaLayout(int[] Decay, int[] Rate, int Gate)
{
    /// <summary>`count` places from `first` on.</summary>
    public static int[] Places(int first, int count) => [.. Enumerable.Range(first, count)];
}

/// <summary>The numbers of a delta net: decay = e^(rates · softplus(x + bias)), or, with a bound, e^(bound · sigmoid(rates · (x + bias))).</summary>
internal sealed unsafe class DeltaWeights
{
    /// <summary>One a head; negative, unless decays have a bound.</summary>
    public required float* Rates { get; init; }

    /// <summary>One for each decay.</summary>
    public required float* Bias { get; init; }

    /// <summary>Null: decays have no bound.</summary>
    public float? Bound { get; init; }

    /// <summary>From a low-rank form to decays; null: they are projected themselves.</summary>
    public Linear? DecayUp { get; init; }

    /// <summary>From a low-rank form to the gate; null: it is projected itself.</summary>
    public Linear? GateUp { get; init; }

    /// <summary>Of each head's result.</summary>
    public required Norm Norm { get; init; }

    /// <summary>The gate is a sigmoid, not a SiLU.</summary>
    public bool SigmoidGate { get; init; }

    /// <summary>Added to the squares of queries and keys before they are brought to length 1.</summary>
    public required float Epsilon { get; init; }
}

/// <summary>
/// A gated delta net: out(norm(scan(conv(q, k, v), decays, rates)) · f(gate)), queries and keys of length 1. (Yang et al., 2024; Kimi Team, 2025)
/// </summary>
/// <param name="sizes">Sizes.</param>
/// <param name="projections">Queries, keys and values, then the rest as the layout says.</param>
/// <param name="layout">Where the rest lies.</param>
/// <param name="conv">Of queries, keys and values.</param>
/// <param name="weights">The numbers.</param>
/// <param name="output">To the stream.</param>
/// <param name="slot">The states.</param>
internal sealed unsafe class DeltaNet(
    DeltaSizes sizes, Linear[] projections, DeltaLayout layout, CausalConv conv, DeltaWeights weights, Linear output, FixedSlot slot) : Branch
{
    private readonly Matrices _projections = new(projections);
    private readonly Matrices _output = new(output);
    private readonly Matrices? _decayUp = weights.DecayUp == null ? null : new(weights.DecayUp);
    private readonly Matrices? _gateUp = weights.GateUp == null ? null : new(weights.GateUp);
    private readonly DeltaScan _scan = new(sizes, slot);
    private RowBuffer _projected = null!;
    private RowBuffer _convolved = null!;
    private RowBuffer _decays = null!;
    private RowBuffer _rates = null!;
    private RowBuffer _gates = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _source = null!;
    private SourceBuffer? _lowDecay;
    private SourceBuffer? _lowGate;

    public override SourceNeeds Reads => new(_projections.Layouts);

    private int Width => checked(sizes.Heads * sizes.ValueSize);

    public override void Ask(Needs needs)
    {
        needs.Product(_projections);
        needs.Product(_output);
        _projected = needs.Rows(_projections.Outputs);
        _convolved = needs.Rows(sizes.Channels);
        _decays = needs.Rows(sizes.Decays);
        _rates = needs.Rows(sizes.Heads);
        _result = needs.Rows(Width);
        _gates = needs.Rows(Width);
        _source = needs.Source(_output.Layouts, Width);
        _lowDecay = Source(needs, _decayUp);
        _lowGate = Source(needs, _gateUp);
        _scan.Ask(needs);
    }

    private static SourceBuffer? Source(Needs needs, Matrices? matrices)
    {
        if (matrices == null)
            return null;
        needs.Product(matrices);
        return needs.Source(matrices.Layouts, matrices.Inputs);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_projections, source, _projected);                                 // (rows, q + k + v + ...)
        step.Barrier();
        conv.Forward(step, _projected.View, _convolved.View);                           // (rows, q + k + v)
        Up(step, _decayUp, _lowDecay, layout.Decay[0], _decays);                        // (rows, decays)
        Up(step, _gateUp, _lowGate, layout.Gate, _gates);                               // (rows, heads · value size)
        Prepare(step);
        _scan.Forward(step, _convolved.View, _decays, _rates, _result);                 // (rows, heads · value size)
        Gate(step);
        step.Project(_output, step.Load(_result, _source), target);                     // (rows, hidden)
        step.Barrier();
    }

    private void Up(in Step step, Matrices? matrices, SourceBuffer? source, int from, RowBuffer to)
    {
        if (matrices == null)
            return;
        Source low = step.Read(new RowView(_projected.Memory + from, _projected.Floats), step.Count, null, source!);
        step.Project(matrices, low, to);
        step.Barrier();
    }

    /// <summary>Queries and keys to length 1, queries by 1/sqrt(key size); decays to factors; rates between 0 and 1.</summary>
    private void Prepare(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        float scale = 1f / MathF.Sqrt(sizes.KeySize);
        for (int row = first; row < last; row++)
        {
            float* projected = _projected.Row(row), q = _convolved.Row(row), decays = _decays.Row(row), rates = _rates.Row(row);
            for (int head = 0; head < 2 * sizes.KeyHeads; head++)
                ToUnit(q + (long)head * sizes.KeySize, head < sizes.KeyHeads ? scale : 1f);
            int perHead = sizes.Decays / sizes.Heads;
            for (int i = 0; i < sizes.Decays; i++)
                decays[i] = Decay((_decayUp == null ? projected[layout.Decay[i]] : decays[i]) + weights.Bias[i], weights.Rates[i / perHead]);
            for (int head = 0; head < sizes.Heads; head++)
                rates[head] = 1f / (1f + Exp.Compute(-projected[layout.Rate[head]]));
        }
        step.Barrier();
    }

    private float Decay(float x, float rate) => Exp.Compute(weights.Bound is { } bound
        ? bound / (1f + Exp.Compute(-rate * x))
        : rate * Softplus.Compute(x));

    private void ToUnit(float* x, float scale)
    {
        scale /= MathF.Sqrt(RmsNorm.SumOfSquares(x, sizes.KeySize) + weights.Epsilon);
        for (int i = 0; i < sizes.KeySize; i++)
            x[i] *= scale;
    }

    private void Gate(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* y = _result.Row(row), gate = _gateUp == null ? _projected.Row(row) + layout.Gate : _gates.Row(row);
            for (int head = 0; head < sizes.Heads; head++)
                weights.Norm.Apply(y + (long)head * sizes.ValueSize);
            if (weights.SigmoidGate)
                Gating.Sigmoid(gate, y, Width);
            else
                Gating.Silu(gate, y, Width);
        }
        step.Barrier();
    }
}
