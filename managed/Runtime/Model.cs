using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Realm.Architectures;
using Realm.Blocks;
using Realm.Formats;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>A network ready to run: configuration, weights, threads. Its calls may come from any thread, one runs at a time.</summary>
public sealed unsafe class Model : IDisposable
{
    private const int BatchRows = 256;
    private const string EmbeddingName = "token_embd.weight";

    private readonly Lock _lock = new();
    private readonly TensorReader _tensors;
    private readonly PackedWeights? _packed;
    private readonly Embedding _embedding;
    private readonly KvLayout _cacheLayout;
    private readonly WorkerPool? _pool;
    private readonly ForwardPass? _pass;
    private bool _disposed;

    private Model(ModelFile file, ModelOptions options)
    {
        var architecture = Architectures.Architectures.Find(file.Metadata.RequireText("general.architecture"));
        _tensors = new TensorReader(file.Views);
        try
        {
            Config = Configuration.Read(architecture, file.Metadata, _tensors);
            // A reader of its own, because this matrix is not packed unless it is the output's too.
            Weight embedding = new TensorReader(file.Views).Matrix(EmbeddingName, Config.VocabSize, Config.HiddenSize);
            _embedding = new Embedding(file, file.Find(EmbeddingName)!, embedding.Format);
            Block[][] layers = [.. Enumerable.Range(0, Config.Layers).Select(i => Layers.Create(architecture, Config, i, _tensors))];
            float* norm = _tensors.Vector("output_norm.weight", Config.HiddenSize);
            string headName = _tensors.Contains("output.weight") ? "output.weight" : EmbeddingName;
            Linear head = _tensors.Linear("output", headName, Config.VocabSize, Config.HiddenSize);
            _cacheLayout = new KvLayout(options.Cache, Config.KvHeadCounts, Config.HeadSize, Config.ContextLength);
            _pool = new WorkerPool(options.Threads == 0 ? WorkerPool.DefaultThreads : options.Threads);
            Options = options with { Threads = _pool.Threads };
            _pass = new ForwardPass(Config, _pool, CreateScratch(), new Rows(BatchRows, Config.Rope), _embedding, layers, norm, head);
            if (options.Packed)
                _packed = new PackedWeights(file, _tensors.Weights, _pool);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>What the file says.</summary>
    public ModelConfig Config { get; }

    /// <summary>As asked for; the number of threads as it is.</summary>
    public ModelOptions Options { get; }

    /// <summary>Loads the network of a file, which must stay open as long as the model.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED, E_MISSING_TENSOR, E_SHAPE, E_HPARAM, ...</exception>
    public static Model Load(ModelFile file, ModelOptions options) => new(file, options);

    /// <summary>An empty sequence.</summary>
    public Session NewSession() => new(_cacheLayout);

    /// <summary>Room for the rows of a pass.</summary>
    public Batch NewBatch() => new(BatchRows, Config.VocabSize);

    /// <summary>Runs all rows through all layers, appends them to their sessions and computes the logits of those that want them.</summary>
    /// <returns>False when <see cref="Batch.Cancel"/> was set: then the sessions are as before.</returns>
    /// <exception cref="RealmException">E_INVALID_TOKEN, E_CONTEXT_FULL; E_TRUNCATED or E_IO when the embedding cannot be read any more.</exception>
    public bool Forward(Batch batch)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            Rows rows = _pass!.Rows;
            rows.Clear();
            for (int row = 0; row < batch.Count; row++)
            {
                CheckToken((uint)batch.Tokens[row]);
                KvCache cache = batch.SessionOf(row).Cache;
                cache.Reserve(batch.Positions[row] + 1);
                rows.Add(cache, batch.Positions[row], 1);
            }
            batch.ReserveLogits();
            if (batch.Count == 0)
                return true;
            if (!_pass.RunBatch(batch))
                return false;
            foreach (ref readonly Run run in rows.Runs)
            {
                for (int layer = 0; layer < Config.Layers; layer++)
                    run.Cache.SetLength(layer, run.Position + run.Count);
            }
            for (int row = 0; row < batch.Count; row++)
                batch.SessionOf(row).Length = batch.Positions[row] + 1;
            return true;
        }
    }

    /// <summary>Rows of the embedding: output (count, hidden). Tokens may be unaligned.</summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN; E_TRUNCATED or E_IO when the file cannot be read any more.</exception>
    public void Embed(uint* tokens, long count, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            for (long i = 0; i < count; i++)
                CheckToken(Unsafe.ReadUnaligned<uint>(tokens + i));
            for (long i = 0; i < count; i++)
                _embedding.Read((int)Unsafe.ReadUnaligned<uint>(tokens + i), output + i * Config.HiddenSize);
        }
    }

    /// <summary>
    /// One layer over `rows` hidden states at `position` and after: hidden, output (rows, hidden), which may be the same memory. The layer's
    /// cache is first cut to `position`, then grows by the rows.
    /// </summary>
    /// <exception cref="RealmException">E_CACHE_GAP when the layer's cache holds fewer than `position` rows; E_CONTEXT_FULL.</exception>
    public void ForwardLayer(Session session, int layer, float* hidden, long rows, long position, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (layer < 0 || layer >= Config.Layers)
                throw new RealmException(ErrorCode.InvalidArgument, $"layer {layer} asked, the model has {Config.Layers}");
            KvCache cache = session.Cache;
            if (position > cache.Length(layer))
                throw new RealmException(ErrorCode.CacheGap, $"position {position} leaves a gap: layer {layer} holds {cache.Length(layer)} positions");
            if (position + rows > Config.ContextLength)
                throw new RealmException(ErrorCode.ContextFull, $"positions {position} to {position + rows - 1} asked, the context holds {Config.ContextLength}");
            cache.Reserve((int)(position + rows));
            long width = Config.HiddenSize;
            for (long done = 0; done < rows; done += BatchRows)
            {
                int count = (int)Math.Min(BatchRows, rows - done);
                _pass!.Rows.Clear();
                _pass.Rows.Add(cache, (int)(position + done), count);
                NativeMemory.Copy(hidden + done * width, _pass.Scratch.Hidden, (nuint)(count * width * sizeof(float)));
                _pass.RunLayer(layer);
                NativeMemory.Copy(_pass.Scratch.Hidden, output + done * width, (nuint)(count * width * sizeof(float)));
                cache.SetLength(layer, (int)(position + done + count));
            }
        }
    }

    /// <summary>Final norm and output head of one hidden state: hidden (hidden size), output (vocabulary).</summary>
    public void ComputeLogits(float* hidden, float* output)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            NativeMemory.Copy(hidden, _pass!.Scratch.Hidden, (nuint)Config.HiddenSize * sizeof(float));
            _pass.RunHead(output);
        }
    }

    private void CheckToken(uint token)
    {
        if (token >= Config.VocabSize)
            throw new RealmException(ErrorCode.InvalidToken, $"token id {token} is not in the vocabulary of {Config.VocabSize}");
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
            throw new RealmException(ErrorCode.ModelClosed, "the model is closed");
    }

    private Scratch CreateScratch()
    {
        int heads = Config.HeadCounts.Max(), kvHeads = Config.KvHeadCounts.Max();
        int group = Enumerable.Range(0, Config.Layers).Max(i => Config.HeadCounts[i] / Config.KvHeadCounts[i]);
        int feedForward = Config.FeedForwardSizes.Max();
        return new Scratch(new ScratchSizes
        {
            Threads = Options.Threads,
            Rows = BatchRows,
            HiddenSize = Config.HiddenSize,
            ProjectionSize = (heads + 2 * kvHeads) * Config.HeadSize,
            AttendedSize = heads * Config.HeadSize,
            FeedForwardSize = feedForward,
            WidestInput = _tensors.Weights.Max(w => w.Columns),
            Layouts = LayoutSet.Of(_tensors.Weights),
            MostGroups = _tensors.Weights.Max(w => w.Groups),
            PackedBytes = _tensors.Weights.Max(w => Options.Packed && w.ForBatches.CanBePacked ? 0 : Math.Max(Matrices.PanelBytes, 2 * Matrices.LinesOf(w.ForBatches))),
            AttentionBytes = AttentionTile.ScratchBytes(Config.HeadSize, group),
            PartialFloats = (long)kvHeads * AttentionState.Floats(group, _cacheLayout.ValueSize),
        })
        {
            Experts = Config.ExpertCount == 0 ? null : new ExpertScratch(BatchRows, Config.HiddenSize, Config.ExpertCount, Config.ExpertUsedCount),
        };
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
        _pass?.Scratch.Dispose();
        _pass?.Rows.Dispose();
        _packed?.Dispose();
        _tensors.Dispose();
    }
}
