using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// The feed-forward network of RWKV: value · relu(key · x)², with x between the token's row and the one before it; perhaps times the sigmoid of
/// another map. (Peng et al., 2023)
/// </summary>
/// <param name="shift">The row before.</param>
/// <param name="keyMix">How much of it the key reads.</param>
/// <param name="key">To the middle.</param>
/// <param name="value">To the stream.</param>
/// <param name="gateMix">How much of it the gate reads.</param>
/// <param name="gate">The gate; null: none.</param>
internal sealed unsafe class ChannelMix(TokenShift shift, float* keyMix, Linear key, Linear value, float* gateMix = null, Linear? gate = null) : Branch
{
    private readonly Matrices _key = Matrices.Activated(key, Activation.ReluSquared);
    private readonly Matrices _value = new(value);
    private readonly Matrices? _gate = gate == null ? null : Matrices.Activated(gate, Activation.Sigmoid);
    private RowBuffer _mixed = null!;
    private RowBuffer _middle = null!;
    private RowBuffer? _gates;
    private RowBuffer? _result;
    private SourceBuffer _source = null!;
    private SourceBuffer _inner = null!;

    public override SourceNeeds Reads => new(default, Numbers: true);

    private int Width => _key.Inputs;

    public override void Ask(Needs needs)
    {
        shift.Ask(needs);
        needs.Product(_key);
        needs.Product(_value);
        _mixed = needs.Rows(Width);
        _middle = needs.Rows(key.Outputs);
        _source = needs.Source(LayoutSet.Of(key, gate), Width);
        _inner = needs.Source(_value.Layouts, key.Outputs);
        if (_gate == null)
            return;
        needs.Product(_gate);
        _gates = needs.Rows(Width);
        _result = needs.Rows(Width);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        shift.Forward(step, source);
        Read(step, source, keyMix, _key, _middle);                                      // (rows, feedForward)
        if (_gate == null)
        {
            step.Project(_value, step.Load(_middle, _inner), target);                   // (rows, hidden)
            step.Barrier();
            return;
        }
        step.Project(_value, step.Load(_middle, _inner), _result!);
        Read(step, source, gateMix, _gate, _gates!);                                    // (rows, hidden)
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* gates = _gates!.Row(row), result = _result!.Row(row);
            for (int i = 0; i < Width; i++)
                result[i] *= gates[i];
            target.Put(row, result, Width);
        }
        step.Barrier();
    }

    private void Read(in Step step, in Source source, float* mix, Matrices matrices, RowBuffer to)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
            shift.Mix(source[row], row, mix, _mixed.Row(row));
        step.Barrier();
        step.Project(matrices, step.Load(_mixed, _source), to);
        step.Barrier();
    }
}
