using System.Diagnostics;

namespace Realm.Generation;

/// <summary>Notes when a generation was started, began and chose its first token.</summary>
internal struct JobClock()
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _begun;
    private long _first;

    /// <summary>A row of it is computed.</summary>
    public void Begin() => Set(ref _begun);

    /// <summary>A token was chosen.</summary>
    public void Choose() => Set(ref _first);

    /// <summary>Where the time went up to now. What has not happened takes what is left.</summary>
    public readonly JobTimes Until(long now)
    {
        long begun = _begun == 0 ? now : _begun, first = _first == 0 ? now : _first;
        return new JobTimes(Milliseconds(begun - _started), Milliseconds(first - begun), Milliseconds(now - first));
    }

    private static void Set(ref long moment) => moment = moment == 0 ? Stopwatch.GetTimestamp() : moment;

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
