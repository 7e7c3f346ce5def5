using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>The numbers of RWKV 6's time mixing. The order of five is: decays, keys, values, queries, gates.</summary>
internal sealed unsafe class Rwkv6Weights
{
    /// <summary>How much of the row before says what the five read.</summary>
    public required float* Mix { get; init; }

    /// <summary>Of the five: how much of the row before each reads.</summary>
    public required float*[] Mixes { get; init; }

    /// <summary>To a low-rank form of what is added to those, five parts.</summary>
    public required Linear MixDown { get; init; }

    /// <summary>From each part to what is added.</summary>
    public required Linear[] MixUp { get; init; }

    public required Linear Queries { get; init; }

    public required Linear Keys { get; init; }

    public required Linear Values { get; init; }

    public required Linear Gate { get; init; }

    /// <summary>To a low-rank form of decays, and from there.</summary>
    public required (Linear Down, Linear Up) Decays { get; init; }

    /// <summary>Added to decays: (hidden).</summary>
    public required float* DecayBias { get; init; }

    /// <summary>The bonus of a token's own key, (hidden); null: keys fade by as much as the state keeps, and gates are sigmoids.</summary>
    public required float* Bonus { get; init; }

    /// <summary>Of each head's results; null: none.</summary>
    public Norm? Norm { get; init; }

    public required Linear Output { get; init; }
}

/// <summary>
/// RWKV 6's time mixing: out(norm(scan(q, k, v, decays)) · f(gate)), where what each is made of lies between the token's row and the one before it, as far
/// as the two say themselves. (Peng et al., 2024)
/// </summary>
/// <param name="heads">Heads.</param>
/// <param name="kvHeads">Heads of keys and values; each serves heads / kvHeads.</param>
/// <param name="size">Elements of a head.</param>
/// <param name="weights">The numbers.</param>
/// <param name="shift">The row before.</param>
/// <param name="slot">Of the scan.</param>
internal sealed unsafe class Rwkv6TimeMix(int heads, int kvHeads, int size, Rwkv6Weights weights, TokenShift shift, FixedSlot slot) : Branch
{
    private const int DecayInput = 0, KeyInput = 1, ValueInput = 2, QueryInput = 3, GateInput = 4, Five = 5;

    private readonly int _width = checked(heads * size);
    private readonly Matrices _mixDown = Matrices.Activated(weights.MixDown, Activation.Tanh);
    private readonly Matrices[] _mixUp = Array.ConvertAll(weights.MixUp, up => new Matrices(up));
    private readonly Matrices _queries = new(weights.Queries), _keys = new(weights.Keys), _values = new(weights.Values), _output = new(weights.Output);
    private readonly Matrices _gate = Matrices.Activated(weights.Gate, weights.Bonus == null ? Activation.Sigmoid : Activation.Silu);
    private readonly FeedForward _decay = new(Matrices.Activated(weights.Decays.Down, Activation.Tanh), weights.Decays.Up);
    private readonly MixedInputs _inputs = new(checked(heads * size), Five,
        LayoutSet.Of(weights.MixDown, weights.Queries, weights.Keys, weights.Values, weights.Gate, weights.Decays.Down));
    private readonly ElementwiseScan _scan = new(heads, size, weights.Bonus, removes: false, slot);
    private RowBuffer _low = null!;
    private RowBuffer _mixes = null!;
    private RowBuffer _gates = null!;
    private RowBuffer _q = null!;
    private RowBuffer _k = null!;
    private RowBuffer _v = null!;
    private RowBuffer _decays = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _lowSource = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(default, Numbers: true);

    private int Rank => weights.MixDown.Outputs / Five;

    public override void Ask(Needs needs)
    {
        shift.Ask(needs);
        _inputs.Ask(needs);
        _scan.Ask(needs);
        foreach (Matrices matrices in (Matrices[])[_mixDown, .. _mixUp, _queries, _keys, _values, _gate, _output])
            needs.Product(matrices);
        _low = needs.Rows(weights.MixDown.Outputs);
        _mixes = needs.Rows(Five * (long)_width);
        _gates = needs.Rows(_width);
        _q = needs.Rows(_width);
        _k = needs.Rows(_width);
        _v = needs.Rows(_width);
        _decays = needs.Rows(_width);
        _result = needs.Rows(_width);
        _lowSource = needs.Source(LayoutSet.Of(weights.MixUp), Rank);
        _source = needs.Source(_output.Layouts, _width);
        needs.Children(_decay);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        shift.Forward(step, source);
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            shift.Mix(source[row], row, weights.Mix, _inputs.Row(row, 0));
        step.Barrier();
        _inputs.Project(step, 0, _mixDown, _low);                                       // (rows, 5 · rank)
        for (int i = 0; i < Five; i++)
        {
            Source low = step.Read(new RowView(_low.Memory + (long)i * Rank, _low.Floats), step.Count, null, _lowSource);
            step.Project(_mixUp[i], low, new Target(_mixes.Memory + (long)i * _width, _mixes.Floats));       // (rows, hidden)
            step.Barrier();
        }
        for (int row = first; row < last; row++)
        {
            for (int i = 0; i < Five; i++)
                shift.Mix(source[row], row, weights.Mixes[i], _mixes.Row(row) + (long)i * _width, _inputs.Row(row, i));
        }
        step.Barrier();
        _decay.Forward(step, _inputs.Read(step, DecayInput), _decays);
        _inputs.Project(step, KeyInput, _keys, _k);
        _inputs.Project(step, ValueInput, _values, _v);
        _inputs.Project(step, QueryInput, _queries, _q);
        _inputs.Project(step, GateInput, _gate, _gates);
        for (int row = first; row < last; row++)
            Prepare(row);
        step.Barrier();
        _scan.Forward(step, new(_q.View, _k.View, _v.View, _decays.View), _result);
        for (int row = first; row < last; row++)
            Finish(_result.Row(row), _gates.Row(row));
        step.Barrier();
        step.Project(_output, step.Load(_result, _source), target);                     // (rows, hidden)
        step.Barrier();
    }

    private void Prepare(int row)
    {
        float* q = _q.Row(row), k = _k.Row(row), decays = _decays.Row(row);
        if (kvHeads < heads)
        {
            Repeat(k);
            Repeat(_v.Row(row));
        }
        for (int i = 0; i < _width; i++)
            decays[i] = Exp.Compute(-Exp.Compute(decays[i] + weights.DecayBias[i]));
        if (weights.Bonus != null)
            return;
        float scale = 1f / MathF.Sqrt(size);
        for (int i = 0; i < _width; i++)
        {
            k[i] -= k[i] * decays[i];
            q[i] *= scale;
        }
    }

    // From one for each head of keys and values to one for each head: from the last on, so that none is written over before it is read.
    private void Repeat(float* values)
    {
        for (int head = heads - 1; head >= 0; head--)
        {
            float* from = values + (long)(head / (heads / kvHeads)) * size;
            new ReadOnlySpan<float>(from, size).CopyTo(new Span<float>(values + (long)head * size, size));
        }
    }

    private void Finish(float* result, float* gates)
    {
        weights.Norm?.Apply(result);
        for (int i = 0; i < _width; i++)
            result[i] *= gates[i];
    }
}
