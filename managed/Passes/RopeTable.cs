using Realm.Kernels;

namespace Realm.Passes;

/// <summary>Cosines and sines of the positions of a pass for one kind of rotary position embedding; filled when the pass begins.</summary>
internal sealed unsafe class RopeTable(RopeConfig config) : IAsk
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

    /// <summary>This thread's share of the rows.</summary>
    public void Fill(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        for (int row = first; row < last; row++)
        {
            float* cosines = _cos.Row(row), sines = _sin.Row(row);
            int position = step.Rows.Positions[row];
            for (int pair = 0; pair < Pairs; pair++)
            {
                (float cos, float sin) = Rope.CosSin(position * config.Frequencies[pair]);
                cosines[pair] = cos * config.Magnitude;
                sines[pair] = sin * config.Magnitude;
            }
        }
    }

    /// <summary>Turns the first elements of a head of `row`.</summary>
    public void Turn(float* head, int row) => Rope.Apply(head, config.Dimensions, config.Pairing, _cos.Row(row), _sin.Row(row));
}
