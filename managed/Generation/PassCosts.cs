using System.Diagnostics;
using System.Numerics;

namespace Realm.Generation;

/// <summary>
/// What a pass of so many rows takes, measured against a pass of one row: while the weights must come from memory, a few rows more cost
/// little. Decides how many guessed tokens are worth a row. Nothing but speed depends on it.
/// </summary>
internal sealed class PassCosts
{
    /// <summary>Guessed tokens in a pass at most, so that rows of one sequence stay within one tile of attention.</summary>
    public const int MostDrafted = 15;

    // Passes of 1, up to 4, up to 8, up to 16 rows: the kernels work on that many at once, so the rows between cost as much.
    private static readonly int[] _rows = [1, 4, 8, 16];

    // Before anything is measured: between a model that waits for memory and one that computes.
    private static readonly double[] _assumed = [1, 1.5, 2, 3.5];

    // Drafting must promise this much, for the measurements are rough.
    private const double Margin = 1.05;

    private readonly double[] _costs = [.. _assumed];
    private double _single;     // ticks of a pass of one row: a mean of the last few

    /// <summary>Notes how long a pass took.</summary>
    /// <param name="rows">Its rows; more than 16 teach nothing.</param>
    /// <param name="ticks">In units of <see cref="Stopwatch.Frequency"/>.</param>
    public void Note(int rows, long ticks)
    {
        if (rows > _rows[^1] || ticks <= 0)
        {
            return;
        }
        int index = IndexOf(rows);
        if (index == 0)
        {
            // A pass that was held up by something else must not count much.
            double taken = _single == 0 ? ticks : Math.Clamp(ticks, _single / 2, _single * 2);
            _single += (taken - _single) / (_single == 0 ? 1 : 8);
            for (int i = 1; i < _costs.Length; i++)
            {
                // What nobody measures any more fades, so that it is tried again one day.
                _costs[i] += (_assumed[i] - _costs[i]) / 512;
            }
        }
        else if (_single > 0)
        {
            double cost = Math.Clamp(ticks / _single, 1, _rows[index]);
            _costs[index] += (cost - _costs[index]) / 8;
        }
    }

    /// <summary>What a pass of so many rows takes; a pass of one row takes 1.</summary>
    public double Of(int rows)
    {
        if (rows <= _rows[^1])
        {
            return _costs[IndexOf(rows)];
        }
        int tiles = (rows - _rows[^1] + 7) / 8;
        return _costs[^1] + (tiles * Math.Max(0, _costs[^1] - _costs[^2]));
    }

    /// <summary>How many tokens of the guess to add to a pass of <paramref name="rows"/> rows that are needed anyway, so that it gets
    /// done most in its time: 0 where the guess is not worth it, or where rows are no longer cheap.</summary>
    /// <param name="lookup">Has a guess.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="most">Tokens that could be used.</param>
    public int WorthDrafting(PromptLookup lookup, int rows, int most)
    {
        double best = rows / Of(rows) * Margin, expected = rows, right = 1;
        int count = 0;
        for (int i = 1; i <= Math.Min(most, MostDrafted); i++)
        {
            right *= lookup.Confidence(i - 1);
            expected += right;
            double gain = expected / Of(rows + i);
            if (gain > best)
            {
                best = gain;
                count = i;
            }
        }
        return count;
    }

    private static int IndexOf(int rows) => rows == 1 ? 0 : rows <= 4 ? 1 : BitOperations.Log2((uint)(rows - 1));
}
