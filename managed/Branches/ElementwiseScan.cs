using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// The scan of heads whose states decay by a number for each element of a key. With keys' removal and return it is the delta rule in general; else a
/// bonus may stand in for the token's own part of the state. (Yang et al., 2023; Peng et al., 2024 and 2025)
/// </summary>
/// <param name="heads">Heads.</param>
/// <param name="size">Elements of a query, key and value.</param>
/// <param name="bonus">(heads, size) Of the token's own key; null: the state is read after it is changed.</param>
/// <param name="removes">Whether each token takes something out of the state and returns it elsewhere.</param>
/// <param name="slot">Of <see cref="StateFloats"/>: (heads, size, padded size).</param>
internal sealed unsafe class ElementwiseScan(int heads, int size, float* bonus, bool removes, FixedSlot slot) : StateScan(heads, size), IAsk
{
    private Given _in;
    private RowBuffer _result = null!;

    /// <summary>Rows of (heads · size) each; the last two only where something is removed.</summary>
    public readonly record struct Given(RowView Queries, RowView Keys, RowView Values, RowView Decays, RowView Removed = default, RowView Returned = default);

    /// <summary>Numbers of the state's slot.</summary>
    public static long StateFloats(int heads, int size) => checked((long)heads * size * StateRow.Padded(size));

    public void Ask(Needs needs) => needs.Thread(6L * StateRow.Padded(HeadSize) * sizeof(float));

    /// <summary>result (rows, heads · HeadSize). Waits.</summary>
    public void Forward(in Step step, in Given rows, RowBuffer result)
    {
        _in = rows;
        _result = result;
        Run(step);
    }

    protected override void Run(in Segment segment, int head, int from, int count, float* own)
    {
        int padded = StateRow.Padded(HeadSize);
        long at = (long)head * HeadSize;
        (nint state, nint next) = segment.State.Carry(slot, (at + from) * padded, (long)count * padded);
        float* first = own + 5 * padded;
        for (int row = segment.First; row < segment.First + segment.Count; row++)
        {
            float* q = StateRow.Filled(_in.Queries[row] + at, HeadSize, own), k = StateRow.Filled(_in.Keys[row] + at, HeadSize, own + padded);
            float* decays = StateRow.Filled(_in.Decays[row] + at, HeadSize, own + 2 * padded);
            float* v = _in.Values[row] + at + from, y = _result.Row(row) + at + from;
            if (removes)
            {
                float* a = StateRow.Filled(_in.Removed[row] + at, HeadSize, own + 3 * padded), b = StateRow.Filled(_in.Returned[row] + at, HeadSize, own + 4 * padded);
                for (int i = 0; i < count; i++)
                    y[i] = StateRow.DeltaEach((float*)state + (long)i * padded, (float*)next + (long)i * padded, decays, v[i], k, a, b, q, padded);
            }
            else
            {
                StateRow.Fill(bonus == null ? k : bonus + at, HeadSize, first);
                for (int i = 0; i < HeadSize && bonus != null; i++)
                    first[i] *= k[i];
                for (int i = 0; i < count; i++)
                    y[i] = StateRow.DecayEach((float*)state + (long)i * padded, (float*)next + (long)i * padded, decays, v[i], k, bonus == null ? null : first, q, padded);
            }
            state = next;
        }
    }
}
