using System.Diagnostics;

namespace Realm.Generation;

/// <summary>A pass that has ended.</summary>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="PromptRows">Rows of prompts.</param>
/// <param name="GeneratedRows">Rows of tokens that were generated, guesses among them.</param>
/// <param name="Jobs">Jobs that took part.</param>
/// <param name="IsDone">It was not broken off.</param>
internal readonly record struct PassRecord(double Milliseconds, int PromptRows, int GeneratedRows, int Jobs, bool IsDone);

/// <summary>The last passes of a model, for whoever observes it: he asks when it suits him, so that noting one costs next to nothing.</summary>
internal sealed class PassLog
{
    /// <summary>Passes that are kept.</summary>
    public const int Kept = 256;

    private readonly Lock _gate = new();
    private readonly PassRecord[] _records = new PassRecord[Kept];
    private long _last;

    /// <summary>Notes a pass.</summary>
    /// <param name="ticks">How long it took, in units of <see cref="Stopwatch.Frequency"/>.</param>
    /// <param name="promptRows">See <see cref="PassRecord"/>.</param>
    /// <param name="generatedRows">See <see cref="PassRecord"/>.</param>
    /// <param name="jobs">See <see cref="PassRecord"/>.</param>
    /// <param name="isDone">See <see cref="PassRecord"/>.</param>
    public void Note(long ticks, int promptRows, int generatedRows, int jobs, bool isDone)
    {
        lock (_gate)
        {
            _records[_last++ % Kept] = new PassRecord(ticks * 1000.0 / Stopwatch.Frequency, promptRows, generatedRows, jobs, isDone);
        }
    }

    /// <summary>What came after a pass.</summary>
    /// <param name="after">Its number: the first pass is 1.</param>
    /// <param name="records">Gets the latest that fit.</param>
    /// <param name="count">How many it got.</param>
    /// <returns>The number of the last one.</returns>
    public long Since(long after, Span<PassRecord> records, out int count)
    {
        lock (_gate)
        {
            count = (int)Math.Clamp(_last - after, 0, Math.Min(Kept, records.Length));
            for (int i = 0; i < count; i++)
            {
                records[i] = _records[(_last - count + i) % Kept];
            }
            return _last;
        }
    }
}
