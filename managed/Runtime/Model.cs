using System.Runtime.InteropServices;
using Realm.Architectures;
using Realm.Blocks;
using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Runtime;

/// <summary>A network ready to run: weights, threads. Its calls may come from any thread, one runs at a time.</summary>
public sealed unsafe class Model : IDisposable
{
    // Rows of a pass where tokens see only what is before them.
    private const int BatchRows = 256;

    private readonly Lock _lock = new();
    private readonly ModelFile[] _files;
    private readonly TensorReader _tensors;
    private readonly float[] _strengths;
    private readonly PackedWeights? _packed;
    private readonly Network _network;
    private readonly WorkerPool? _pool;
    private readonly ForwardPass? _pass;
    private bool _disposed;

    private Model(ModelFile file, ModelOptions options, IReadOnlyList<AdapterFile> adapters, IPackingWatch? watch, int contextSize)
    {
        Architectures.Architecture architecture = ArchitectureOf(file);
        _files = [file, .. adapters.Select(adapter => adapter.File)];
        FileMaps.Arm();
        // First of all: what doesn't fit takes no memory.
        Adapter[] read = ReadAdapters(file, architecture, adapters);
        _strengths = [.. adapters.Select(adapter => adapter.Scale)];
        _tensors = new TensorReader(file, read);
        try
        {
            _network = BuildNetwork(file, architecture, options, _tensors, read);
            RequireContext(contextSize, options.Packed ? PackedWeights.BytesOf(_tensors.Weights) : 0);
            _pool = new WorkerPool(options.Threads == 0 ? WorkerPool.DefaultThreads : options.Threads);
            Options = options with { Threads = _pool.Threads };
            _pass = new ForwardPass(_network, _pool, options.Packed, read.Length);
            _pass.Reserve(_network.WholeText ? Math.Min(BatchRows, Config.ContextLength) : BatchRows);
            if (options.Packed)
                _packed = new PackedWeights(file, [.. _tensors.Weights], _pool, watch);
            CheckRead();
        }
        catch (OutOfMemoryException)
        {
            Release();
            throw new RealmException(ErrorCode.OutOfMemory, "no memory for the buffers of a pass");
        }
        catch
        {
            Release();
            // What was read of a file that changed meanwhile may look wrong in any way.
            CheckUnchanged();
            throw;
        }
    }

    /// <summary>What the file says.</summary>
    public ModelConfig Config => _network.Config;

    /// <summary>How texts are pooled unless asked otherwise.</summary>
    public Pooling Pooling => _network.Summary.Pooling;

    /// <summary>Numbers of a token's vector, behind the final norm.</summary>
    public int VectorSize => _network.Exit.HiddenSize;

    /// <summary>As asked for; the number of threads as it is.</summary>
    public ModelOptions Options { get; }

    /// <summary>Whether tokens see what comes after them: then the rows of a pass are whole texts, each of a session that is empty.</summary>
    public bool ReadsWholeTexts => _network.WholeText;

    /// <summary>Names of the file's tensors that the network does not use.</summary>
    internal IEnumerable<string> UnreadTensors => _tensors.Unread;

    /// <summary>Loads the network of a file, which must stay open as long as the model.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED, E_MISSING_TENSOR, E_SHAPE, E_HPARAM, ...</exception>
    /// <param name="file">The model's file.</param>
    /// <param name="options">How it is held and run.</param>
    /// <param name="adapters">Adapters, whose files must stay open too; null: none. One that does not fit is E_INVALID_ARGUMENT, E_UNSUPPORTED,
    /// E_MISSING_TENSOR or E_SHAPE before anything is made.</param>
    public static Model Load(ModelFile file, ModelOptions options, IReadOnlyList<AdapterFile>? adapters = null) => new(file, options, adapters ?? [], null, 0);

    /// <summary>The same for somebody who waits for it, and wants to have texts of so many positions.</summary>
    /// <exception cref="RealmException">As before; E_CANCELLED; E_INVALID_ARGUMENT and E_OUT_OF_MEMORY as <see cref="RequireContext(int)"/>.</exception>
    internal static Model Load(ModelFile file, ModelOptions options, IReadOnlyList<AdapterFile> adapters, IPackingWatch watch, int contextSize) =>
        new(file, options, adapters, watch, contextSize);

    /// <summary>What would be told about the model of a file, and what it would need, without loading its weights.</summary>
    /// <exception cref="RealmException">As for loading it.</exception>
    public static ModelFacts Inspect(ModelFile file, ModelOptions options, IReadOnlyList<AdapterFile>? adapters = null)
    {
        Architectures.Architecture architecture = ArchitectureOf(file);
        Adapter[] read = ReadAdapters(file, architecture, adapters ?? []);
        using TensorReader tensors = new(file, read);
        return ModelFacts.Of(BuildNetwork(file, architecture, options, tensors, read), [.. tensors.Weights], options.Packed);
    }

    private static Adapter[] ReadAdapters(ModelFile file, Architectures.Architecture architecture, IReadOnlyList<AdapterFile> adapters) =>
        [.. adapters.Select(adapter => Adapter.Read(adapter.Name, adapter.File.Metadata, adapter.File, architecture.Name, file))];

    private static Network BuildNetwork(ModelFile file, Architectures.Architecture architecture, ModelOptions options, TensorReader tensors, Adapter[] adapters)
    {
        Network network = architecture.Build(new ModelReader(architecture.Name, file.Metadata, tensors, options.Cache));
        foreach (Adapter adapter in adapters)
            adapter.CheckAllTaken();
        return network;
    }

    private static Architectures.Architecture ArchitectureOf(ModelFile file)
    {
        string name = file.Metadata.RequireText("general.architecture");
        if (file.Metadata.Text("general.type") == "adapter")
        {
            throw new RealmException(ErrorCode.Unsupported,
                $"this file is an adapter for a model of the architecture {Gguf.Quoted.Name(name)}, not a model: open that model, with this file as its adapter (lora)");
        }
        return Architectures.Architectures.Find(name);
    }

    /// <summary>An empty sequence, for which adapters are as strong as they were given.</summary>
    /// <param name="longest">Positions that it may come to hold. A network that reads long texts otherwise than short ones goes by it; a sequence that
    /// becomes longer than was said is read as a short one.</param>
    /// <param name="strengths">How strong adapters are for it; null: as they were given.</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: strengths.</exception>
    public Session NewSession(long longest = 0, float[]? strengths = null)
    {
        if (strengths != null)
            CheckAdapters(strengths);
        return new(new SequenceState(_network.State, longest > _network.LongFrom) { AdapterStrengths = strengths ?? _strengths });
    }

    /// <summary>An empty sequence that is known to become long, or not to.</summary>
    internal Session NewSession(bool mayBecomeLong, float[]? strengths) =>
        new(new SequenceState(_network.State, mayBecomeLong) { AdapterStrengths = strengths ?? _strengths });

    /// <summary>What a sequence remembers.</summary>
    internal StatePlan State => _network.State;

    /// <summary>How strong adapters are unless a sequence says otherwise.</summary>
    internal float[] Strengths => _strengths;

    /// <summary>Whether a new sequence of such adapters, that may become so long, would remember of the same tokens what this one does.</summary>
    internal bool IsAsNew(Session session, long longest, float[]? strengths) =>
        session.State.MayBecomeLong == longest > _network.LongFrom && session.State.AdapterStrengths.AsSpan().SequenceEqual(strengths ?? _strengths);

    /// <summary>A cache of beginnings of its texts, of so many bytes; null: each of its texts is seen as a whole, so there are none.</summary>
    internal PrefixCache? NewPrefixCache(long budget) => _network.WholeText || _network.State.IsTransient ? null : new(_network.State, budget);

    /// <summary>Bytes of the packed copies of weights; 0: they stayed in the file.</summary>
    public long PackedBytes => _packed?.Bytes ?? 0;

    /// <summary>Bytes that a sequence takes for each of its positions: it grows by pages of 64.</summary>
    public long TokenBytes => _network.State.PageBytes / 64;

    /// <summary>Asks whether a text of so many positions is possible, before anybody counts on it: in this network, and in the memory that there is.</summary>
    /// <param name="contextSize">How many; 0: nobody has said.</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT; E_OUT_OF_MEMORY, with the size that would fit.</exception>
    internal void RequireContext(int contextSize) => RequireContext(contextSize, weights: 0);

    private void RequireContext(int contextSize, long weights)
    {
        if (contextSize > Config.ContextLength)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"contextSize is {contextSize}; the model's context holds {Config.ContextLength} positions");
        }
        if (contextSize > 0)
            new ContextMemory(_network.State, weights).Require(contextSize, AvailableMemory.Read());
    }

    /// <summary>Whether a sequence's length decides how its positions turn, so that it must be known before.</summary>
    internal bool TurnsByLength => _network.LongFrom < Config.ContextLength;

    /// <summary>Whether a sequence can want its adapters so strong: one finite number for each.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT.</exception>
    public void CheckAdapters(ReadOnlySpan<float> strengths)
    {
        Session.CheckAdapters(strengths, _strengths.Length);
    }

    /// <summary>Room for the rows of a pass.</summary>
    public Batch NewBatch() => new(_network.WholeText ? Math.Max(BatchRows, Config.ContextLength) : BatchRows, Config.VocabSize, _network.Exit.HiddenSize);

    /// <summary>Shares out other work of the thread that runs passes, between two of them. It must not fail.</summary>
    internal void Share(SharedLoop loop, int items) => _pool!.Share(loop, items);

    /// <summary>Runs all rows through all layers, appends them to their sessions and computes the logits of those that want them.</summary>
    /// <returns>False when <see cref="Batch.Cancel"/> was set: then the sessions are as before.</returns>
    /// <exception cref="RealmException">E_INVALID_TOKEN, E_CONTEXT_FULL; E_TRUNCATED or E_IO when the file became shorter or was written to; E_NUMERIC: a weight is not
    /// finite.</exception>
    public bool Forward(Batch batch)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            for (int row = 0; row < batch.Count; row++)
                CheckToken((uint)batch.Tokens[row]);
            if (batch.WantedCount > 0)
                RequireHead();
            ReadOnlySpan<BatchSegment> segments = batch.Segments;
            foreach (ref readonly BatchSegment segment in segments)
            {
                if (_network.WholeText && segment.Session.Length > 0)
                    throw new RealmException(ErrorCode.InvalidArgument, "tokens of this model see what comes after them: a text can't be continued, begin a new one");
                segment.Session.State.Reserve(segment.Session.Length, segment.Count);
            }
            Reserve(batch.Count);
            batch.ReserveResults();
            if (batch.Count == 0)
                return true;
            RowSet rows = _pass!.Rows;
            rows.Clear();
            foreach (ref readonly BatchSegment segment in segments)
                rows.Add(segment.Session.State, segment.Session.Length, segment.Count);
            FileMaps.Arm();
            if (!_pass.RunBatch(batch))
                return false;
            CheckRead();
            foreach (ref readonly BatchSegment segment in segments)
            {
                segment.Session.Length += segment.Count;
                for (int layer = 0; layer < Config.Layers; layer++)
                    segment.Session.State.Commit(layer, segment.Session.Length);
            }
            return true;
        }
    }

    /// <summary>Rows of the stream before the first layer: output (count, row size). Tokens may be unaligned.</summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN; E_TRUNCATED or E_IO when the file cannot be read any more.</exception>
    public void Embed(uint* tokens, long count, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            _network.Entry.Fill(tokens, count, output, _strengths);
            CheckRead();
        }
    }

    /// <summary>
    /// One layer over `rows` rows at `position` and after: hidden, output (rows, row size), which may be the same memory. The layer's
    /// state is first cut to `position`, then grows by the rows.
    /// </summary>
    /// <exception cref="RealmException">E_CACHE_GAP when the layer holds fewer than `position` rows, or a state that can't be cut there; E_CONTEXT_FULL.</exception>
    public void ForwardLayer(Session session, int layer, float* hidden, long rows, long position, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (layer < 0 || layer >= Config.Layers)
                throw new RealmException(ErrorCode.InvalidArgument, $"layer {layer} asked, the model has {Config.Layers}");
            SequenceState state = session.State;
            CheckPosition(state, layer, rows, position);
            state.Truncate(layer, (int)position);
            state.Reserve((int)position, (int)rows);
            int step = _network.WholeText ? (int)Math.Max(rows, 1) : BatchRows;
            Reserve((int)Math.Min(rows, step));
            FileMaps.Arm();
            long width = Config.RowSize;
            for (long done = 0; done < rows; done += step)
            {
                int count = (int)Math.Min(step, rows - done);
                _pass!.Rows.Clear();
                _pass.Rows.Add(state, (int)(position + done), count);
                NativeMemory.Copy(hidden + done * width, _pass.Stream, (nuint)checked(count * width * sizeof(float)));
                _pass.RunLayer(layer);
                CheckRead();
                NativeMemory.Copy(_pass.Stream, output + done * width, (nuint)checked(count * width * sizeof(float)));
                state.Commit(layer, (int)(position + done + count));
            }
        }
    }

    /// <summary>Final norm and output head of one row: hidden (row size), output (vocabulary).</summary>
    public void ComputeLogits(float* hidden, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            RequireHead();
            NativeMemory.Copy(hidden, _pass!.Stream, (nuint)Config.RowSize * sizeof(float));
            FileMaps.Arm();
            _pass.RunExit(_strengths, output);
            CheckRead();
        }
    }

    /// <summary>Numbers that a text becomes: its embedding, or a classifier's scores.</summary>
    public int SummarySize(bool ranks) => _network.Summary.Size(ranks);

    /// <summary>The pooling in front of a pooled result: of <see cref="Pooling.Rank"/> the one that its classifier reads.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: scores of a model without a classifier.</exception>
    public Pooling PoolingOf(Pooling asked)
    {
        if (asked != Pooling.Rank)
            return asked;
        return _network.Summary.CanRank ? _network.Summary.Ranked : throw new RealmException(ErrorCode.Unsupported,
            "this model has no classifier (no tensor cls or cls.output), so it can't rank: it gives embeddings");
    }

    /// <summary>Numbers of the vectors that a text of so many tokens becomes.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: a classifier is asked for and there is none. E_INVALID_ARGUMENT: dimensions.</exception>
    public long VectorsSize(EmbeddingOptions options, int tokens)
    {
        bool pooled = PoolingOf(options.Pooling) != Pooling.None;
        int size = pooled ? SummarySize(options.Pooling == Pooling.Rank) : VectorSize;
        if (options.Dimensions < 0 || options.Dimensions > size)
            throw new RealmException(ErrorCode.InvalidArgument, $"dimensions is {options.Dimensions}, this model's vectors have {size}");
        size = options.Dimensions == 0 ? size : options.Dimensions;
        return pooled ? size : (long)size * tokens;
    }

    /// <summary>Whether the network has a classifier, which gives scores.</summary>
    public bool CanRank => _network.Summary.CanRank;

    /// <summary>What the network makes of pooled vectors (count, hidden): projected embeddings, or scores: results (count, size).</summary>
    public void Summarize(bool ranks, float* pooled, int count, float* results)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            FileMaps.Arm();
            // A small pass each, which needs no other room than any pass has.
            for (int first = 0; first < count; first += Kernels.Lanes.Tokens)
            {
                _pass!.RunSummary(ranks, pooled + (long)first * _network.Exit.HiddenSize, Math.Min(Kernels.Lanes.Tokens, count - first),
                    results + (long)first * SummarySize(ranks));
            }
            CheckRead();
        }
    }

    /// <summary>A token's vector of the row behind the last layer: hidden (row size), output (vector size).</summary>
    public void FinishVector(float* hidden, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            NativeMemory.Copy(hidden, _pass!.Stream, (nuint)Config.RowSize * sizeof(float));
            _pass.RunFinalNorm(output);
        }
    }

    /// <summary>Refuses what goes on with a text.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED.</exception>
    public void RequireGeneration()
    {
        RequireHead();
        if (_network.WholeText)
        {
            throw new RealmException(ErrorCode.Unsupported,
                $"{Config.Architecture} sees a text as a whole: it gives logits and vectors of one (logits, embed), but can't go on with it");
        }
    }

    private void RequireHead()
    {
        if (!Config.HasHead)
        {
            throw new RealmException(ErrorCode.Unsupported,
                $"{Config.Architecture} is an encoder: it gives a vector for a text (embed), no logits, and so it can't generate");
        }
    }

    private void CheckPosition(SequenceState state, int layer, long rows, long position)
    {
        int length = state.Length(layer);
        if (_network.WholeText && position != 0)
            throw new RealmException(ErrorCode.CacheGap, $"position {position}: tokens of this model see what comes after them, so the rows given are the whole text, at position 0");
        if (position > length)
            throw new RealmException(ErrorCode.CacheGap, $"position {position} leaves a gap: layer {layer} holds {length} positions");
        if (!state.CanTruncate(layer, (int)position))
            throw new RealmException(ErrorCode.CacheGap, $"position {position}: the state of layer {layer} after {length} positions is recurrent and can't be cut; give 0 or {length}");
        if (position + rows > Config.ContextLength)
            throw new RealmException(ErrorCode.ContextFull, $"positions {position} to {position + rows - 1} asked, the context holds {Config.ContextLength}");
        int lender = _network.State.Lender(layer), lent = state.Length(lender);
        if (lender != layer && lent < position + rows)
            throw new RealmException(ErrorCode.CacheGap, $"position {position + rows - 1} leaves a gap: layer {layer} reads the keys of layer {lender}, which holds {lent} positions");
    }

    private void Reserve(int rows)
    {
        try
        {
            _pass!.Reserve(rows);
        }
        catch (OutOfMemoryException)
        {
            throw new RealmException(ErrorCode.OutOfMemory, $"no memory for a pass over {rows} rows");
        }
    }

    private void CheckToken(uint token)
    {
        if (token >= Config.VocabSize)
            throw new RealmException(ErrorCode.InvalidToken, $"token id {token} is not in the vocabulary of {Config.VocabSize}");
    }

    // Behind everything that has read the files' bytes, before what came of them is given out.
    private void CheckRead()
    {
        CheckUnchanged();
        _tensors.NonFinite.Check();
    }

    private void CheckUnchanged()
    {
        foreach (ModelFile file in _files)
            file.CheckUnchanged();
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
            throw new RealmException(ErrorCode.ModelClosed, "the model is closed");
    }

    /// <summary>Stops the threads and frees the weights. Waits for a running call.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            Release();
        }
    }

    private void Release()
    {
        _pool?.Dispose();
        _pass?.Dispose();
        _packed?.Dispose();
        _tensors.Dispose();
    }
}
