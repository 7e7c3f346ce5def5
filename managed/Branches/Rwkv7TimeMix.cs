using Realm.Kernels;
using Realm.Kernels.Functions;
using Realm.Passes;
using Realm.State;
using System.Runtime.Intrinsics;

namespace Realm.Branches;

/// <summary>The numbers of RWKV 7's time mixing. The order of its inputs is: queries, decays, keys, values, rates, and perhaps gates.</summary>
internal sealed unsafe class Rwkv7Weights
{
    /// <summary>Of each input how much of the row before it reads: (inputs, hidden).</summary>
    public required float* Mixes { get; init; }

    public required Linear Queries { get; init; }

    public required Linear Keys { get; init; }

    public required Linear Values { get; init; }

    /// <summary>To a low-rank form and back, with a bias: how much of the state is left.</summary>
    public required (Linear Down, Linear Up) Decays { get; init; }

    public required float* DecayBias { get; init; }

    /// <summary>How fast the state learns.</summary>
    public required (Linear Down, Linear Up) Rates { get; init; }

    public required float* RateBias { get; init; }

    /// <summary>How much of the first layer's values comes in; null: this is the first layer.</summary>
    public (Linear Down, Linear Up)? FirstValues { get; init; }

    public float* FirstValueBias { get; init; }

    /// <summary>Null: there is no gate.</summary>
    public (Linear Down, Linear Up)? Gate { get; init; }

    /// <summary>From keys to what is taken out of the state: (hidden).</summary>
    public required float* Removed { get; init; }

    /// <summary>How far keys follow the rates: (hidden).</summary>
    public required float* KeyRates { get; init; }

    /// <summary>The bonus of a token's own key: (hidden).</summary>
    public required float* Bonus { get; init; }

    /// <summary>Of each head's results; null: none.</summary>
    public Norm? Norm { get; init; }

    public required Linear Output { get; init; }
}

/// <summary>
/// RWKV 7's time mixing: out((norm(scan(...)) + bonus · v) · gate), a state that each token changes by the delta rule in general. Values are mixed with
/// those of the first layer, which the row carries. (Peng et al., 2025)
/// </summary>
/// <param name="heads">Heads.</param>
/// <param name="size">Elements of a head.</param>
/// <param name="weights">The numbers.</param>
/// <param name="shift">The row before.</param>
/// <param name="slot">Of the scan.</param>
/// <param name="carried">Where in a row of the stream the first layer's values lie.</param>
internal sealed unsafe class Rwkv7TimeMix(int heads, int size, Rwkv7Weights weights, TokenShift shift, FixedSlot slot, int carried) : Branch
{
    private const int QueryInput = 0, DecayInput = 1, KeyInput = 2, ValueInput = 3, RateInput = 4, GateInput = 5;
    // The logarithm of the least decay: e^-0.5.
    private const float Slowest = -0.606531f;
    private const float LeastLength = 1e-12f;

    private readonly int _width = checked(heads * size);
    private readonly Matrices _queries = new(weights.Queries), _keys = new(weights.Keys), _values = new(weights.Values), _output = new(weights.Output);
    private readonly FeedForward _decay = LowRank(weights.Decays, Activation.Tanh)!, _rate = LowRank(weights.Rates, null)!;
    private readonly FeedForward? _first = LowRank(weights.FirstValues, null), _gate = LowRank(weights.Gate, Activation.Sigmoid);
    private readonly MixedInputs _inputs = new(checked(heads * size), Count(weights), LayoutSet.Of(weights.Queries, weights.Keys, weights.Values, weights.Decays.Down,
        weights.Rates.Down, weights.FirstValues?.Down, weights.Gate?.Down));
    private readonly ElementwiseScan _scan = new(heads, size, null, removes: true, slot);
    private RowBuffer _q = null!;
    private RowBuffer _k = null!;
    private RowBuffer _v = null!;
    private RowBuffer _decays = null!;
    private RowBuffer _rates = null!;
    private RowBuffer _removed = null!;
    private RowBuffer _shares = null!;
    private RowBuffer _gates = null!;
    private RowBuffer _result = null!;
    private SourceBuffer _source = null!;

    public override SourceNeeds Reads => new(default, Numbers: true);

    private static int Count(Rwkv7Weights weights) => weights.Gate == null ? GateInput : GateInput + 1;

    private static FeedForward? LowRank((Linear Down, Linear Up)? map, Activation? between) =>
        map is not { } m ? null : new(between == null ? new Matrices(m.Down) : Matrices.Activated(m.Down, between), m.Up);

    public override void Ask(Needs needs)
    {
        shift.Ask(needs);
        _inputs.Ask(needs);
        _scan.Ask(needs);
        foreach (Matrices matrices in (ReadOnlySpan<Matrices>)[_queries, _keys, _values, _output])
            needs.Product(matrices);
        _q = needs.Rows(_width);
        _k = needs.Rows(_width);
        _v = needs.Rows(_width);
        _decays = needs.Rows(_width);
        _rates = needs.Rows(_width);
        _removed = needs.Rows(_width);
        _shares = needs.Rows(_width);
        _gates = needs.Rows(_width);
        _result = needs.Rows(_width);
        _source = needs.Source(_output.Layouts, _width);
        needs.Children(_decay, _rate, _first, _gate);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        shift.Forward(step, source);
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            for (int i = 0; i < Count(weights); i++)
                shift.Mix(source[row], row, weights.Mixes + (long)i * _width, _inputs.Row(row, i));
        }
        step.Barrier();
        _inputs.Project(step, QueryInput, _queries, _q);
        _inputs.Project(step, KeyInput, _keys, _k);
        _inputs.Project(step, ValueInput, _values, _v);
        _decay.Forward(step, _inputs.Read(step, DecayInput), _decays);
        _rate.Forward(step, _inputs.Read(step, RateInput), _rates);
        _first?.Forward(step, _inputs.Read(step, ValueInput), _shares);
        _gate?.Forward(step, _inputs.Read(step, GateInput), _gates);
        for (int row = first; row < last; row++)
            Prepare(row, step.Stream[row] + carried);
        step.Barrier();
        _scan.Forward(step, new(_q.View, _k.View, _v.View, _decays.View, _removed.View, _rates.View), _result);
        for (int row = first; row < last; row++)
            Finish(row);
        step.Barrier();
        step.Project(_output, step.Load(_result, _source), target);                     // (rows, hidden)
        step.Barrier();
    }

    // Decays to factors, rates to shares and then to what is returned to the state, keys and values as they enter it.
    private void Prepare(int row, float* firstValues)
    {
        float* k = _k.Row(row), v = _v.Row(row), decays = _decays.Row(row), rates = _rates.Row(row), removed = _removed.Row(row), shares = _shares.Row(row);
        for (int i = 0; i < _width; i++)
        {
            decays[i] = Exp.Compute(Slowest * Share(decays[i] + weights.DecayBias[i]));
            rates[i] = Share(rates[i] + weights.RateBias[i]);
            removed[i] = k[i] * weights.Removed[i];
            k[i] += k[i] * weights.KeyRates[i] * (rates[i] - 1f);
        }
        if (_first == null)
        {
            new ReadOnlySpan<float>(v, _width).CopyTo(new Span<float>(firstValues, _width));
        }
        else
        {
            for (int i = 0; i < _width; i++)
                v[i] += (firstValues[i] - v[i]) * Share(shares[i] + weights.FirstValueBias[i]);
        }
        for (int head = 0; head < heads; head++)
        {
            float* unit = removed + (long)head * size, rate = rates + (long)head * size;
            float scale = 1f / MathF.Max(MathF.Sqrt(RmsNorm.SumOfSquares(unit, size)), LeastLength);
            for (int i = 0; i < size; i++)
            {
                unit[i] *= -scale;
                rate[i] *= -unit[i];
            }
        }
    }

    private void Finish(int row)
    {
        float* q = _q.Row(row), k = _k.Row(row), v = _v.Row(row), result = _result.Row(row);
        weights.Norm?.Apply(result);
        for (int at = 0; at < _width; at += size)
        {
            float bonus = 0;
            for (int i = at; i < at + size; i++)
                bonus = MathF.FusedMultiplyAdd(k[i] * q[i], weights.Bonus[i], bonus);
            for (int i = at; i < at + size; i++)
                result[i] += v[i] * bonus;
        }
        float* gates = _gates.Row(row);
        for (int i = 0; i < _width && _gate != null; i++)
            result[i] *= gates[i];
    }

    private static float Share(float x) => Sigmoid.Compute(Vector256.CreateScalar(x)).ToScalar();
}
