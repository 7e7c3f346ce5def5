using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// The scan of heads whose states decay by one number a token: s = e^(step·a)·s + step·x·B, y = s·C + D·x, with step = softplus(step + bias). Groups of heads
/// share B and C. (Dao and Gu, 2024)
/// </summary>
/// <param name="heads">Heads.</param>
/// <param name="headSize">Values of a head.</param>
/// <param name="groups">Groups of heads that share B and C.</param>
/// <param name="stateSize">Numbers of a value's state.</param>
/// <param name="a">Decay rates, negative, one a head.</param>
/// <param name="d">Share of x in the result, one a head.</param>
/// <param name="stepBias">Added to steps, one a head; null: nothing.</param>
/// <param name="slot">Of <see cref="StateFloats"/>: (heads, head size, padded state size).</param>
internal sealed unsafe class HeadScan(int heads, int headSize, int groups, int stateSize, float* a, float* d, float* stepBias, FixedSlot slot)
    : StateScan(heads, headSize), IAsk
{
    private RowView _x;
    private RowView _b;
    private RowView _c;
    private RowView _steps;
    private RowBuffer _result = null!;

    /// <summary>Numbers of the state's slot.</summary>
    public static long StateFloats(int heads, int headSize, int stateSize) => checked((long)heads * headSize * StateRow.Padded(stateSize));

    public void Ask(Needs needs) => needs.Thread(2L * StateRow.Padded(stateSize) * sizeof(float));

    /// <summary>result (rows, heads · head size) of x (rows, heads · head size), B and C (rows, groups · state size) and steps (rows, heads). Waits.</summary>
    public void Forward(in Step step, RowView x, RowView b, RowView c, RowView steps, RowBuffer result)
    {
        _x = x;
        _b = b;
        _c = c;
        _steps = steps;
        _result = result;
        Run(step);
    }

    protected override void Run(in Segment segment, int head, int from, int count, float* own)
    {
        int padded = StateRow.Padded(stateSize), group = head / (Heads / groups);
        (nint state, nint next) = segment.State.Carry(slot, ((long)head * HeadSize + from) * padded, (long)count * padded);
        float* inputs = stackalloc float[count];
        for (int row = segment.First; row < segment.First + segment.Count; row++)
        {
            float* b = StateRow.Filled(_b[row] + (long)group * stateSize, stateSize, own);
            float* c = StateRow.Filled(_c[row] + (long)group * stateSize, stateSize, own + padded);
            float step = Softplus.Compute(stepBias == null ? _steps[row][head] : _steps[row][head] + stepBias[head]), decay = Exp.Compute(step * a[head]);
            float* x = _x[row] + (long)head * HeadSize + from, y = _result.Row(row) + (long)head * HeadSize + from;
            for (int i = 0; i < count; i++)
                inputs[i] = step * x[i];
            StateRow.Decay((float*)state, (float*)next, padded, count, decay, inputs, b, c, y);
            for (int i = 0; i < count; i++)
                y[i] = MathF.FusedMultiplyAdd(x[i], d[head], y[i]);
            state = next;
        }
    }
}
