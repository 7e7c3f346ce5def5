using System.IO.Hashing;
using System.Runtime.InteropServices;
using Realm.Gguf;
using Realm.Grammars;
using Realm.Runtime;
using Realm.Sampling;
using Realm.State;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>
/// One file's weights and tokenizer, once for the whole process however often it is opened (see <see cref="LoadedModels"/>): whoever
/// uses it holds a lease, and the memory goes with the last one. Tokenizer and packed weights are made when they are first needed.
/// </summary>
public sealed class LoadedModel
{
    /// <summary>Of the memory that the process may have, the part that the cache of prompts may take unless an option says otherwise.</summary>
    private const int CacheShare = 8;

    private static long _numbers;

    private readonly object _gate = new();

    // Apart, so that nobody waits for weights to be packed who only wants the tokenizer. Taken before _gate where both are.
    private readonly object _packing = new();
    private readonly object _compiling = new();
    private readonly Lock _hashing = new();

    // Taken inside of others, held for a moment.
    private readonly Lock _caching = new();
    private readonly PackingWatches _watches = new();
    private ModelFile? _file;
    private volatile Model? _model;
    private ModelFile[] _adapters = [];
    private PrefixCache? _prefixes;
    private long _cacheBytes;
    private Tokenizer? _tokenizer;
    private DryBreakers? _breakers;
    private GrammarCache? _grammars;
    private UInt128? _contentHash;
    private UInt128? _adaptersHash;
    private bool _hasTokenizer;
    private bool _disposed;

    internal LoadedModel(string key, ModelOptions options)
    {
        Key = key;
        Options = options;
        Scheduler = new Scheduler(this);
        Prompts = new PromptQueue(Scheduler, "realm prompts", 1);
        Formats = new PromptQueue(Scheduler, "realm formats", PromptQueue.FormatThreads);
        AllowCache(options);
    }

    /// <summary>No other has it, now or later.</summary>
    public long Number { get; } = Interlocked.Increment(ref _numbers);

    /// <summary>How its weights are kept and run.</summary>
    public ModelOptions Options { get; }

    /// <summary>The file.</summary>
    public ModelFile File => _file ?? throw Closed();

    /// <summary>The file's tokenizer; null if it has none.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Unsupported"/> or <see cref="ErrorCode.Vocab"/>, again at each
    /// look.</exception>
    public Tokenizer? Tokenizer
    {
        get
        {
            lock (_gate)
            {
                if (!_hasTokenizer)
                {
                    _tokenizer = Tokenizer.Create(File.Metadata);
                    _hasTokenizer = true;
                }
                return _tokenizer;
            }
        }
    }

    /// <summary>The weights, ready to run. The first look takes as long as packing them does.</summary>
    /// <exception cref="RealmException">The architecture, a tensor or a format is not what this engine runs; or memory is
    /// short.</exception>
    public Model Model => Prepare(null, 0);

    /// <summary>Of all bytes of the file; the first look reads them.</summary>
    public UInt128 ContentHash
    {
        get
        {
            lock (_hashing)
            {
                return _contentHash ??= File.ContentHash();
            }
        }
    }

    /// <summary>Of all bytes of the adapters' files, in order.</summary>
    internal UInt128 AdaptersHash
    {
        get
        {
            lock (_hashing)
            {
                return _adaptersHash ??= XxHash128.HashToUInt128(MemoryMarshal.AsBytes<UInt128>(_adapters.Select(file => file.ContentHash()).ToArray()));
            }
        }
    }

    /// <summary>Tokens that end a repetition unless an option says otherwise; the first look finds them.</summary>
    internal DryBreakers DryBreakers
    {
        get
        {
            Tokenizer? tokenizer = Tokenizer;
            lock (_gate)
            {
                return _breakers ??= tokenizer == null ? new DryBreakers() : DryBreakers.Create(tokenizer, DryBreakers.Default);
            }
        }
    }

    /// <summary>Formats for its vocabulary; the first look takes a part of a second.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Unsupported"/>: there is no tokenizer.</exception>
    internal GrammarCache Grammars
    {
        get
        {
            Tokenizer tokenizer = Tokenizer ?? throw new RealmException(ErrorCode.Unsupported, "the model has no tokenizer, so no format can be kept to");
            lock (_compiling)
            {
                return _grammars ??= new GrammarCache(TokenVocabulary.Of(tokenizer));
            }
        }
    }

    /// <summary>Beginnings of texts that it has seen; null: it sees texts as a whole. There once <see cref="Model"/> is.</summary>
    internal PrefixCache? Prefixes => _prefixes;

    /// <summary>The same if a format was asked for before.</summary>
    internal GrammarCache? CompiledGrammars => Volatile.Read(ref _grammars);

    /// <summary>Whether the weights are ready to run already.</summary>
    public bool IsReady => _model != null;

    /// <summary>What it is found by, with its options.</summary>
    internal string Key { get; }

    /// <summary>Its jobs.</summary>
    internal Scheduler Scheduler { get; }

    /// <summary>Of those jobs the ones whose prompts are long texts, before they are its.</summary>
    internal PromptQueue Prompts { get; }

    /// <summary>Those whose formats are to be compiled: a slow one keeps nobody waiting who has none.</summary>
    internal PromptQueue Formats { get; }

    /// <summary>Leases; guarded by <see cref="LoadedModels"/>.</summary>
    internal int Leases { get; set; }

    /// <summary>Somebody opens it who wants beginnings of texts to be kept in so much memory: of several the largest counts.</summary>
    internal void AllowCache(ModelOptions options)
    {
        long bytes = options.PromptCacheBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / CacheShare;
        lock (_caching)
        {
            _cacheBytes = Math.Max(_cacheBytes, bytes);
            _prefixes?.AllowAtLeast(bytes);
        }
    }

    /// <summary>Takes one more lease; who asks must hold one.</summary>
    public void Lease() => LoadedModels.Lease(this);

    /// <summary>The weights, ready to run, for somebody who may no longer want them while they are packed: when nobody does, packing ends.</summary>
    /// <param name="watch">Who waits; null: he wants them in any case.</param>
    /// <param name="contextSize">See <see cref="Model.RequireContext(int)"/>.</param>
    /// <exception cref="RealmException">As <see cref="Model"/>; <see cref="ErrorCode.Cancelled"/>; those of
    /// <see cref="Model.RequireContext(int)"/>.</exception>
    internal Model Prepare(IPackingWatch? watch, int contextSize)
    {
        Model? model = _model;
        if (model == null)
        {
            using PackingWatches.Seat seat = _watches.Add(watch);
            lock (_packing)
            {
                model = _model ??= LoadModel(contextSize);
            }
        }
        model.RequireContext(contextSize);
        return model;
    }

    /// <summary>Gives one lease back; the last one frees everything.</summary>
    public void Release() => LoadedModels.Release(this);

    /// <summary>Opens the file unless somebody did; of several who try at once the others wait.</summary>
    internal void Open(Func<ModelFile> open)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw Closed();
            }
            _file ??= open();
        }
    }

    /// <summary>Nobody holds a lease: ends the thread and frees everything, at once if possible.</summary>
    internal void Retire()
    {
        // Its thread, if there is one, frees things as its last act, for until then it may use them. It sleeps, so this is quick.
        Thread? thread = Scheduler.Stop();
        if (thread == null || (thread != Thread.CurrentThread && thread.Join(2000)))
        {
            Dispose();
        }
    }

    /// <summary>The last act of the scheduler's thread.</summary>
    internal void OnSchedulerEnded()
    {
        if (LoadedModels.IsRetired(this))
        {
            Dispose();
        }
    }

    /// <summary>Frees everything. Nobody may be using it.</summary>
    internal void Dispose()
    {
        // More than once does no harm.
        lock (_packing)
        {
            lock (_gate)
            {
                _disposed = true;
                _prefixes?.Dispose();
                _prefixes = null;
                _model?.Dispose();
                _model = null;
                foreach (ModelFile adapter in _adapters)
                    adapter.Dispose();
                _adapters = [];
                _file?.Dispose();
                _file = null;
            }
        }
    }

    // With its adapters, whose files stay open as long.
    private Model LoadModel(int contextSize)
    {
        List<AdapterFile> adapters = [];
        try
        {
            foreach (AdapterPath adapter in Options.Adapters.AsSpan())
                adapters.Add(new AdapterFile(ModelFile.OpenPath(adapter.Path), Quoted.Path(adapter.Path), adapter.Scale));
            Model model = Model.Load(File, Options, adapters, _watches, contextSize);
            _adapters = [.. adapters.Select(adapter => adapter.File)];
            lock (_caching)
            {
                _prefixes = model.NewPrefixCache(_cacheBytes);
            }
            return model;
        }
        catch
        {
            foreach (AdapterFile adapter in adapters)
                adapter.File.Dispose();
            throw;
        }
    }

    private static RealmException Closed() => new(ErrorCode.ModelClosed, "the model was closed");
}
