using Realm.Architectures;
using Realm.Runtime;
using Realm.State;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>A model as one opener has it: a lease, and the jobs started through it, which end when it is closed.</summary>
public sealed unsafe class OpenModel
{
    private readonly object _gate = new();
    private readonly List<Job> _jobs = [];
    private readonly List<OpenSession> _sessions = [];
    private readonly OpeningOptions _options;
    private readonly ModelConfig? _config;
    private bool _closed;

    /// <summary>Takes over a lease, and gets ready what the options ask for.</summary>
    /// <param name="loaded">A lease; given back when this fails.</param>
    /// <param name="vocabOnly">Tokenizer and metadata only.</param>
    public OpenModel(LoadedModel loaded, bool vocabOnly)
        : this(loaded, new OpeningOptions { VocabOnly = vocabOnly })
    {
    }

    /// <summary>Takes over a lease, and gets ready what the options ask for.</summary>
    /// <param name="loaded">A lease; given back when this fails.</param>
    /// <param name="options">What for.</param>
    /// <param name="watch">Who waits for it; null: nobody who might change his mind.</param>
    internal OpenModel(LoadedModel loaded, OpeningOptions options, IPackingWatch? watch = null)
    {
        Loaded = loaded;
        _options = options;
        try
        {
            _ = loaded.Tokenizer;
            if (!options.VocabOnly)
            {
                ModelConfig config = loaded.Prepare(watch, options.ContextSize).Config;
                _config = options.ContextSize == 0 ? config : config with { ContextLength = options.ContextSize };
            }
        }
        catch
        {
            loaded.Release();
            throw;
        }
    }

    /// <summary>Opened for its tokenizer and metadata only.</summary>
    public bool IsVocabOnly => _options.VocabOnly;

    /// <summary>What the file says, and how long texts may be here. Not of a model that was opened for its vocabulary only.</summary>
    public ModelConfig Config => _config!;

    /// <summary>What is shared with other openers.</summary>
    public LoadedModel Loaded { get; }

    /// <summary>Jobs that have not given everything back.</summary>
    internal int Jobs
    {
        get
        {
            lock (_gate)
            {
                return _jobs.Count;
            }
        }
    }

    /// <summary>Ids below this may come up: tokens of the vocabulary, and rows beyond them where the model is padded.</summary>
    public long TokenCount
    {
        get
        {
            long tokens = Loaded.Tokenizer?.VocabSize ?? 0;
            long rows = IsVocabOnly ? Loaded.File.Find("token_embd.weight")?.Rows ?? 0 : Loaded.Model.Config.VocabSize;
            return Math.Max(tokens, rows);
        }
    }

    /// <summary>Starts to generate from a text.</summary>
    /// <param name="text">UTF-8, copied. That it has too many tokens, or none, ends the job.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Vocab"/>,
    /// <see cref="ErrorCode.ModelClosed"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public GenerationJob GenerateText(ReadOnlySpan<byte> text, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        RequireTokenizer();
        return Generate(Prompt.OfText(text), options, notify, user);
    }

    /// <summary>Starts to generate from ids.</summary>
    /// <param name="prompt">Ids, at least one, at most the context length.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.InvalidToken"/>,
    /// <see cref="ErrorCode.ContextFull"/>, <see cref="ErrorCode.ModelClosed"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public GenerationJob Generate(ReadOnlySpan<uint> prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
    {
        ThrowIfNotRunnable();
        return Generate(Prompt.OfIds(prompt, Config), options, notify, user);
    }

    /// <summary>Starts to compute the logits at every position.</summary>
    /// <param name="prompt">Ids, at least one, at most the context length.</param>
    /// <param name="options">How.</param>
    /// <param name="output">(prompt, vocabulary); the job's until it is closed.</param>
    /// <param name="elements">Floats there.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException">As for ids to generate from.</exception>
    public LogitsJob Logits(
        ReadOnlySpan<uint> prompt, LogitsOptions options, float* output, ulong elements, delegate* unmanaged<void*, void> notify, void* user)
    {
        ThrowIfNotRunnable();
        Prompt ids = Prompt.OfIds(prompt, Config);
        lock (_gate)
        {
            ThrowIfNotRunnable();
            ulong needed = (ulong)prompt.Length * (ulong)Loaded.Model.Config.VocabSize;
            if (elements != needed)
            {
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"the logits of {prompt.Length} tokens over a vocabulary of {Loaded.Model.Config.VocabSize} are {needed} numbers, but the output has {elements}");
            }
            CheckAdapters(options.AdapterScales);
            var job = new LogitsJob(this, ids, options, output, notify, user);
            Start(job);
            return job;
        }
    }

    /// <summary>Starts to compute how likely each token of a text is after those before it.</summary>
    /// <param name="prompt">Ids, at least two, at most the context length.</param>
    /// <param name="options">How.</param>
    /// <param name="output">(prompt), and behind it, (prompt - 1, tops) of <see cref="TopToken"/>, the likeliest first; the job's until it is closed.</param>
    /// <param name="elements">Floats there.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException">As for ids to generate from. <see cref="ErrorCode.Unsupported"/>: no token of this model's comes after others.</exception>
    public ScoreJob Score(
        ReadOnlySpan<uint> prompt, LogitsOptions options, float* output, ulong elements, delegate* unmanaged<void*, void> notify, void* user)
    {
        ThrowIfNotRunnable();
        Prompt ids = Prompt.OfIds(prompt, Config);
        if (prompt.Length < 2)
            throw new RealmException(ErrorCode.InvalidArgument, "a text of one token has no token after another: two are needed at least");
        if (Loaded.Model.ReadsWholeTexts)
            throw new RealmException(ErrorCode.Unsupported, "this model sees texts as a whole: it does not tell how likely a token is after those before it");
        if (options.Tops > Loaded.Model.Config.VocabSize)
            throw new RealmException(ErrorCode.InvalidArgument, $"topLogprobs is {options.Tops}, the vocabulary has {Loaded.Model.Config.VocabSize} tokens");
        ulong needed = (ulong)prompt.Length + ((ulong)(prompt.Length - 1) * (ulong)options.Tops * 2);
        if (elements != needed)
            throw new RealmException(ErrorCode.InvalidArgument, $"the scores of {prompt.Length} tokens are {needed} numbers, but the output has {elements}");
        lock (_gate)
        {
            ThrowIfNotRunnable();
            CheckAdapters(options.AdapterScales);
            var job = new ScoreJob(this, ids, options, output, notify, user);
            Start(job);
            return job;
        }
    }

    /// <summary>Starts to make vectors of texts.</summary>
    /// <param name="texts">Ids, at least one each, at most the context length.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Vectors one after the other, a text's own or one for each of its tokens; the job's until it is closed.</param>
    /// <param name="elements">Floats there.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Unsupported"/>: no classifier.
    /// <see cref="ErrorCode.ModelClosed"/>.</exception>
    public EmbedJob Embed(
        int[][] texts, EmbeddingOptions options, float* output, ulong elements, delegate* unmanaged<void*, void> notify, void* user)
    {
        lock (_gate)
        {
            ThrowIfNotRunnable();
            Model model = Loaded.Model;
            ulong needed = (ulong)texts.Sum(text => model.VectorsSize(options, text.Length));
            if (elements != needed)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"the vectors of {texts.Length} texts are {needed} numbers, but the output has {elements}");
            }
            CheckAdapters(options.AdapterScales);
            var job = new EmbedJob(this, texts, options with { ContextLength = Config.ContextLength }, output, notify, user);
            Run(job, job.Start);
            return job;
        }
    }

    /// <summary>Starts to compile a format for the model's tokens.</summary>
    /// <param name="format">The format.</param>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.Vocab"/>, <see cref="ErrorCode.ModelClosed"/>.</exception>
    public CompileJob Compile(OutputFormat format, delegate* unmanaged<void*, void> notify, void* user)
    {
        RequireTokenizer();
        var job = new CompileJob(this, format, notify, user);
        lock (_gate)
        {
            ThrowIfClosed();
            Hold(job, job.Start);
        }
        return job;
    }

    /// <summary>Starts to look at all of the file; also of one that was opened for its vocabulary only.</summary>
    /// <param name="notify">See <see cref="Job"/>.</param>
    /// <param name="user">Handed to <paramref name="notify"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelClosed"/>.</exception>
    public VerifyJob Verify(delegate* unmanaged<void*, void> notify, void* user)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            var job = new VerifyJob(this, notify, user);
            Hold(job, job.Start);
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
        Job[] jobs;
        OpenSession[] sessions;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            jobs = [.. _jobs];
            sessions = [.. _sessions];
        }
        foreach (Job job in jobs)
        {
            job.Cancel();
        }
        foreach (OpenSession session in sessions)
        {
            session.Close();
        }
        Loaded.Release();
    }

    /// <summary>A session is opened, which is closed with the model.</summary>
    /// <exception cref="RealmException">As for <see cref="OpenSession(OpenModel, SessionOptions)"/>.</exception>
    internal void Adopt(OpenSession session)
    {
        lock (_gate)
        {
            ThrowIfNotRunnable();
            Model model = Loaded.Model;
            model.RequireGeneration();
            CheckAdapters(session.Options.AdapterScales);
            if (session.Options.Shift is { } shift && (shift.Recent < 1 || shift.Keep < 0 || (long)shift.Keep + shift.Recent >= Config.ContextLength))
            {
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"contextShift: keep {shift.Keep} and recent {shift.Recent} must together be less than the context's {Config.ContextLength}, and recent at least 1");
            }
            _sessions.Add(session);
        }
    }

    /// <summary>A session is closed.</summary>
    internal void Abandon(OpenSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    /// <summary>Starts a job that has a thread of its own. It is forgotten when it ends (<see cref="Forget"/>).</summary>
    internal void Run(Job job, Action start)
    {
        lock (_gate)
        {
            ThrowIfNotRunnable();
            Hold(job, start);
        }
    }

    /// <summary>The tokenizer of a model that must have one.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Vocab"/>: the file has none.
    /// <see cref="ErrorCode.ModelClosed"/>.</exception>
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
    internal void Forget(Job job)
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

    /// <summary>Starts to generate, for a session or for itself.</summary>
    internal GenerationJob Generate(
        Prompt prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user, OpenSession? target = null)
    {
        lock (_gate)
        {
            ThrowIfNotRunnable();
            Loaded.Model.RequireGeneration();
            CheckAdapters(options.AdapterScales);
            var job = new GenerationJob(this, prompt, options, notify, user, target: target);
            Start(job);
            return job;
        }
    }

    private void CheckAdapters(float[]? scales)
    {
        if (scales != null)
        {
            Loaded.Model.CheckAdapters(scales);
        }
    }

    private void Start(SequenceJob job) => Hold(job, () =>
    {
        job.EnterLine(_options.MaxQueue);
        try
        {
            if (job.IsLong)
            {
                job.Queue.Add(job);
            }
            else
            {
                Loaded.Scheduler.Submit(job);
            }
        }
        catch
        {
            job.LeaveLine();
            throw;
        }
    });

    /// <summary>Starts a job, for which the model stays there until it is forgotten. Under the gate.</summary>
    private void Hold(Job job, Action start)
    {
        Loaded.Lease();
        _jobs.Add(job);
        try
        {
            start();
        }
        catch
        {
            Forget(job);
            throw;
        }
    }

    private void ThrowIfNotRunnable()
    {
        ThrowIfClosed();
        if (IsVocabOnly)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the model was opened with vocabOnly: its weights are not there to run");
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new RealmException(ErrorCode.ModelClosed, "the model was closed");
        }
    }
}
