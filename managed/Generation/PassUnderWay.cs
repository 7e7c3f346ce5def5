using System.Diagnostics;

namespace Realm.Generation;

/// <summary>
/// The pass that runs now, as those see it who might break it off. How long passes of so many rows took lately tells when it should be
/// done. They ask from any thread. Nothing but speed depends on it.
/// </summary>
internal sealed class PassUnderWay
{
    /// <summary>A pass that has less than this to go, in milliseconds, is waited for: well below what a cancellation may take.</summary>
    private const int Short = 25;

    private readonly Lock _gate = new();
    private readonly PassTimes _times = new();
    private int _rows;      // 0: no pass is under way
    private long _begun;

    /// <summary>A pass begins.</summary>
    public void Begin(int rows)
    {
        lock (_gate)
        {
            _rows = rows;
            _begun = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>It has ended.</summary>
    /// <param name="done">It was not broken off.</param>
    /// <returns>How long it took, in units of <see cref="Stopwatch.Frequency"/>.</returns>
    public long End(bool done)
    {
        lock (_gate)
        {
            long ticks = Stopwatch.GetTimestamp() - _begun;
            if (done)
            {
                _times.Note(_rows, ticks);
            }
            _rows = 0;
            return ticks;
        }
    }

    /// <summary>Whether the pass is worth its end when some of its rows no longer matter: others are in it, and there is little left to
    /// do.</summary>
    /// <param name="without">Rows that no longer matter.</param>
    public bool IsWorthFinishing(int without)
    {
        lock (_gate)
        {
            if (_rows <= without || _times.Expect(_rows) is not { } expected)
            {
                return false;
            }
            long left = expected - (Stopwatch.GetTimestamp() - _begun);
            long limit = Stopwatch.Frequency / 1000 * Short;
            // One that is long overdue may take as long again.
            return left < limit && left > -limit;
        }
    }
}
