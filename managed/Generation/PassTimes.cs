using System.Diagnostics;
using System.Numerics;

namespace Realm.Generation;

/// <summary>How long passes of so many rows took lately, and what that says about the one under way. Nothing but speed depends on
/// it.</summary>
internal sealed class PassTimes
{
    // A class for each power of two of rows.
    private readonly double[] _ticksPerRow = new double[32];

    /// <summary>Notes how long a pass took.</summary>
    /// <param name="rows">At least 1.</param>
    /// <param name="ticks">In units of <see cref="Stopwatch.Frequency"/>.</param>
    public void Note(int rows, long ticks)
    {
        ref double mean = ref _ticksPerRow[BitOperations.Log2((uint)rows)];
        double taken = (double)ticks / rows;
        // A mean of about the last four: the past of the sequences gets longer, and with it the passes.
        mean += (taken - mean) / (mean == 0 ? 1 : 4);
    }

    /// <summary>How long a pass of so many rows should take; null: none such has been seen.</summary>
    public long? Expect(int rows) => _ticksPerRow[BitOperations.Log2((uint)rows)] is > 0 and var mean ? (long)(mean * rows) : null;
}
