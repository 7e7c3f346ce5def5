using System.Text;
using Realm.Runtime;

namespace Realm.Generation;

/// <summary>Vectors of texts, written into the caller's memory. It has a thread of its own and shares the model with others
/// pass by pass. Its text is how far it has come: lines of two numbers, texts that are done and texts in all.</summary>
public sealed unsafe class EmbedJob : Job
{
    /// <summary>Tokens of texts whose vectors are handed over together: some passes, so that little is held back and cancelling
    /// is quick.</summary>
    private const int HandedOver = 2048;

    private readonly OpenModel _model;
    private readonly int[][] _texts;
    private readonly EmbeddingOptions _options;
    private readonly float* _output;
    private volatile TextEmbedder? _embedder;

    internal EmbedJob(
        OpenModel model, int[][] texts, EmbeddingOptions options, float* output, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
        _model = model;
        _texts = texts;
        _options = options;
        _output = output;
    }

    /// <summary>Starts its thread.</summary>
    internal void Start() => EngineThreads.Start("realm embed", Run);

    /// <inheritdoc/>
    private protected override void OnCancel() => _embedder?.Cancel();

    private void Run()
    {
        RealmException? failure = null;
        try
        {
            PassLog passes = _model.Loaded.Scheduler.Passes;
            using TextEmbedder embedder = new(_model.Loaded.Model, _options, (ticks, rows, isDone) => passes.Note(ticks, rows, 0, jobs: 1, isDone));
            _embedder = embedder;
            if (!Embed(embedder))
                failure = new RealmException(ErrorCode.Cancelled, "cancelled before all texts were done");
        }
        catch (Exception e)
        {
            failure = RealmFailure.Of(e);
        }
        finally
        {
            _embedder = null;
        }
        _model.Forget(this);
        Finish(FinishReason.None, failure, default);
    }

    private bool Embed(TextEmbedder embedder)
    {
        float* output = _output;
        for (int first = 0, last; first < _texts.Length; first = last)
        {
            int tokens = 0;
            long size = 0;
            for (last = first; last < _texts.Length && tokens < HandedOver; last++)
            {
                tokens += _texts[last].Length;
                size += embedder.SizeOf(_texts[last]);
            }
            float[] vectors = new float[size];
            fixed (float* to = vectors)
            {
                // Asked before and behind: a cancellation may have come before there was an embedder to tell.
                if (IsCancelRequested || !embedder.Run(new ArraySegment<int[]>(_texts, first, last - first), to) || IsCancelRequested)
                    return false;
            }
            lock (Mailbox.Gate)
            {
                // Under the lock: after Close the memory may be gone.
                if (Mailbox.IsClosed)
                    return false;
                vectors.CopyTo(new Span<float>(output, vectors.Length));
                Mailbox.Post(Encoding.ASCII.GetBytes($"{last} {_texts.Length}\n"));
            }
            output += size;
        }
        return true;
    }
}
