using Realm.Blocks;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>A model as one opener has it: a lease, and the jobs started through it, which end when it is closed.</summary>
public sealed unsafe class OpenModel
{
    private readonly object _gate = new();
    private readonly List<SequenceJob> _jobs = [];
    private bool _closed;

    /// <summary>Takes over a lease, and gets ready what the options ask for.</summary>
    /// <param name="loaded">A lease; given back when this fails.</param>
    /// <param name="vocabOnly">Tokenizer and metadata only.</param>
    public OpenModel(LoadedModel loaded, bool vocabOnly)
    {
        Loaded = loaded;
        IsVocabOnly = vocabOnly;
        try
        {
            _ = loaded.Tokenizer;
            if (!vocabOnly)
            {
                _ = loaded.Model;
            }
        }
        catch
        {
            loaded.Release();
            throw;
        }
    }

    /// <summary>Opened for its tokenizer and metadata only.</summary>
    public bool IsVocabOnly { get; }

    /// <summary>What is shared with other openers.</summary>
    public LoadedModel Loaded { get; }

    /// <summary>Starts to generate.</summary>
    /// <param name="prompt">Ids, at least one, at most the context length.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.InvalidToken"/>,
    /// <see cref="ErrorCode.ContextFull"/>, <see cref="ErrorCode.ModelClosed"/>.</exception>
    public GenerationJob Generate(ReadOnlySpan<uint> prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        lock (_gate)
        {
            int[] ids = Check(prompt);
            var job = new GenerationJob(this, ids, options, notify, user);
            Start(job);
            return job;
        }
    }

    /// <summary>Starts to compute the logits at every position.</summary>
    /// <param name="prompt">Ids, at least one, at most the context length.</param>
    /// <param name="output">(prompt, vocabulary); the job's until it is closed.</param>
    /// <param name="elements">Floats there.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException">As for <see cref="Generate"/>.</exception>
    public LogitsJob Logits(ReadOnlySpan<uint> prompt, float* output, ulong elements, delegate* unmanaged<void*, void> notify, void* user)
    {
        lock (_gate)
        {
            int[] ids = Check(prompt);
            ulong needed = (ulong)ids.Length * (ulong)Loaded.Model.Config.VocabSize;
            if (elements != needed)
            {
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"the logits of {ids.Length} tokens over a vocabulary of {Loaded.Model.Config.VocabSize} are {needed} numbers, but the output has {elements}");
            }
            var job = new LogitsJob(this, ids, output, notify, user);
            Start(job);
            return job;
        }
    }

    /// <summary>Looks at the model, which stays there meanwhile, whoever closes it.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelClosed"/>.</exception>
    public void Use(Action<OpenModel> work)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            Loaded.Lease();
        }
        try
        {
            work(this);
        }
        finally
        {
            Loaded.Release();
        }
    }

    /// <summary>Ends all jobs as cancelled and gives the lease back. Again: does nothing.</summary>
    public void Close()
    {
        SequenceJob[] jobs;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            jobs = [.. _jobs];
        }
        foreach (SequenceJob job in jobs)
        {
            job.Cancel();
        }
        Loaded.Release();
    }

    /// <summary>The tokenizer of a model that must have one.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Vocab"/>: the file has none. <see cref="ErrorCode.ModelClosed"/>.</exception>
    public Tokenizer RequireTokenizer()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return Loaded.Tokenizer
                ?? throw new RealmException(ErrorCode.Vocab, "the model's file has no tokenizer (tokenizer.ggml.model): it takes and gives token ids only");
        }
    }

    /// <summary>A job has ended, or never began.</summary>
    internal void Forget(SequenceJob job)
    {
        lock (_gate)
        {
            if (!_jobs.Remove(job))
            {
                return;
            }
        }
        Loaded.Release();
    }

    private void Start(SequenceJob job)
    {
        Loaded.Lease();
        _jobs.Add(job);
        try
        {
            Loaded.Scheduler.Submit(job);
        }
        catch
        {
            Forget(job);
            throw;
        }
    }

    private int[] Check(ReadOnlySpan<uint> prompt)
    {
        ThrowIfClosed();
        if (IsVocabOnly)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the model was opened with vocabOnly: its weights are not there to run");
        }
        if (prompt.IsEmpty)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the prompt has no tokens: at least one is needed");
        }
        ModelConfig config = Loaded.Model.Config;
        if (prompt.Length > config.ContextLength)
        {
            throw new RealmException(ErrorCode.ContextFull, $"the prompt has {prompt.Length} tokens, the model's context holds {config.ContextLength}");
        }
        var ids = new int[prompt.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            // The caller's memory may change meanwhile: copy, then check the copy.
            uint id = prompt[i];
            if (id >= (uint)config.VocabSize)
            {
                throw new RealmException(ErrorCode.InvalidToken, $"token {id} at index {i} is not in the vocabulary of {config.VocabSize}");
            }
            ids[i] = (int)id;
        }
        return ids;
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new RealmException(ErrorCode.ModelClosed, "the model was closed");
        }
    }
}
