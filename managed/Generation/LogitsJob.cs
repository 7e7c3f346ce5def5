using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>The logits at every position of a sequence, from a fresh state, written into the caller's memory.</summary>
public unsafe class LogitsJob : SequenceJob
{
    /// <summary>Logits that a pass makes for one such job at most (32 MB, which the batch keeps): a long sequence over a large vocabulary
    /// goes in more passes.</summary>
    private const int LogitsInPass = 8 << 20;

    private readonly float* _output;
    private readonly float[]? _scales;
    private readonly int _vocabulary;
    private int _row;

    internal LogitsJob(OpenModel model, Prompt prompt, LogitsOptions options, float* output, delegate* unmanaged<void*, void> notify, void* user)
        : base(model, prompt, prompt.IsLong, notify, user)
    {
        _output = output;
        _scales = options.AdapterScales;
        _vocabulary = model.Loaded.Model.Config.VocabSize;
    }

    /// <inheritdoc/>
    private protected override float[]? AdapterScales => _scales;

    /// <inheritdoc/>
    internal override int Wanted => IsIndivisible ? Prompt.Length : Math.Min(Prompt.Length - Fed, Math.Max(1, LogitsInPass / _vocabulary));

    /// <inheritdoc/>
    private protected override void TakeRows(Batch batch, SamplerScratch scratch)
    {
        lock (Mailbox.Gate)
        {
            // Under the lock: after Close the memory may be gone.
            for (int i = 0; i < RowsInPass && !Mailbox.IsClosed; i++)
            {
                Take(batch.Logits(_row + i), Fed + i, scratch);
            }
        }
        Fed += RowsInPass;
        Known = Session!.Length;
        if (Fed == Prompt.Length)
        {
            Finish(FinishReason.None, null);
        }
    }

    /// <summary>A row that was computed: the caller's memory is there meanwhile.</summary>
    private protected virtual void Take(float* logits, int position, SamplerScratch scratch)
    {
        long bytes = (long)_vocabulary * sizeof(float);
        Buffer.MemoryCopy(logits, _output + ((long)position * _vocabulary), bytes, bytes);
    }

    /// <inheritdoc/>
    internal override void EndCancelled() =>
        Finish(FinishReason.None, new RealmException(ErrorCode.Cancelled, $"cancelled after {Fed} of {Prompt.Length} tokens"));

    /// <inheritdoc/>
    private protected override void Add(Batch batch, int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            int row = batch.Add(Session!, Prompt[Fed + i], wantLogits: true);
            _row = i == 0 ? row : _row;
        }
    }
}
