using Realm.Kernels;

namespace Realm.Passes;

/// <summary>Cosines and sines of the positions of a pass for one kind of rotary position embedding; filled when the pass begins.</summary>
/// <param name="config">Which elements turn, and how fast.</param>
/// <param name="longer">How fast in sequences that may become long; null: as fast. The same elements, by the same number.</param>
internal sealed unsafe class RopeTable(RopeConfig config, RopeConfig? longer = null) : IAsk
{
    private RowBuffer _cos = null!;
    private RowBuffer _sin = null!;

    public RopeConfig Config => config;

    private int Pairs => config.Frequencies.Length;

    public void Ask(Needs needs)
    {
        _cos = needs.Rows(Pairs);
        _sin = needs.Rows(Pairs);
    }

    /// <summary>Whether long sequences turn as by `other`, null meaning as all others.</summary>
    public bool IsLongSame(RopeConfig? other) => longer == null || other == null ? longer == other : longer.IsSame(other);

    /// <summary>This thread's share of the rows.</summary>
    public void Fill(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        RowSet rows = step.Rows;
        int segment = 0;
        for (int row = first; row < last; row++)
        {
            while (row >= rows.Segments[segment].First + rows.Segments[segment].Count)
                segment++;
            RopeConfig turns = longer != null && rows.Segments[segment].State.MayBecomeLong ? longer : config;
            float* cosines = _cos.Row(row), sines = _sin.Row(row);
            int position = rows.Positions[row];
            for (int pair = 0; pair < Pairs; pair++)
            {
                (float cos, float sin) = Rope.CosSin(position * turns.Frequencies[pair]);
                cosines[pair] = cos * turns.Magnitude;
                sines[pair] = sin * turns.Magnitude;
            }
        }
    }

    /// <summary>Turns the first elements of a head of `row`.</summary>
    public void Turn(float* head, int row) => Rope.Apply(head, config.Dimensions, config.Pairing, _cos.Row(row), _sin.Row(row));
}
