using Realm.Architectures;
using Realm.Blocks;
using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;

namespace Realm.Runtime;

/// <summary>A pass through a network. Every thread of the pool runs <see cref="Run"/>, or, for few rows, one that the others help.</summary>
internal sealed unsafe class ForwardPass : IPass, IDisposable
{
    private readonly Network _network;
    private readonly WorkerPool _pool;
    private readonly Scratch _scratch;
    private readonly RowSet _rows;
    private readonly RowBuffer _stream;

    private Batch? _batch;
    private int _firstLayer;
    private int _lastLayer;
    private int* _wanted;
    private int _wantedCount;
    private float* _logits;
    private float* _finalHidden;
    private float* _pooled;
    private int _pooledCount;
    private bool _ranks;
    private volatile bool _cancelled;
    private bool _small;

    public ForwardPass(Network network, WorkerPool pool, bool packed, int adapters)
    {
        _network = network;
        _pool = pool;
        _rows = new RowSet(adapters);
        Needs needs = new(network.Config.HiddenSize, packed);
        _stream = needs.Rows(network.Config.RowSize);
        foreach (RopeTable table in network.RopeTables)
            table.Ask(needs);
        foreach (Block[] layer in network.Layers)
            needs.Children(layer);
        needs.Children(network.Exit);
        needs.Children(network.Summary);
        _scratch = new Scratch(needs, pool.Threads, () => _batch is { MustEnd: true });
    }

    /// <summary>The rows of the next pass; room for them is made by <see cref="Reserve"/>.</summary>
    public RowSet Rows => _rows;

    /// <summary>The residual stream, (rows, row size).</summary>
    public float* Stream => _stream.Memory;

    /// <summary>Makes room for as many rows.</summary>
    public void Reserve(int rows)
    {
        if (rows <= _scratch.Capacity)
            return;
        AwaitHelpers();
        _scratch.Reserve(rows);
        _rows.Reserve(_scratch.Capacity); // which may be more
    }

    /// <summary>All layers and the wanted logits of a batch whose rows are in <see cref="Rows"/>. False: cancelled, the states are unchanged.</summary>
    /// <exception cref="RealmException">The embedding, or what a layer looks up, cannot be read; the states are unchanged.</exception>
    public bool RunBatch(Batch batch)
    {
        _batch = batch;
        try
        {
            Start(0, _network.Layers.Length, batch.Wanted, batch.WantedCount, batch.LogitMemory);
        }
        finally
        {
            _batch = null;
        }
        // Nobody is asked any more: whether it was given up before the end.
        return !_cancelled && !_scratch.IsGivenUp(0);
    }

    /// <summary>One layer over the rows of the stream.</summary>
    /// <exception cref="RealmException">What the layer looks up cannot be read; the states are unchanged.</exception>
    public void RunLayer(int layer) => Start(layer, layer + 1, null, 0, null);

    /// <summary>Logits of the first row of the stream, with adapters as strong as given.</summary>
    public void RunExit(float[] strengths, float* logits)
    {
        int row = 0;
        _rows.Clear();
        _rows.SetStrengths(strengths, 0, 1);
        Start(0, 0, &row, 1, logits);
    }

    /// <summary>What a head would read of the first row of the stream.</summary>
    public void RunFinalNorm(float* hidden)
    {
        int row = 0;
        _rows.Clear();
        _finalHidden = hidden;
        Start(0, 0, &row, 1, null);
        _finalHidden = null;
    }

    /// <summary>What the network makes of pooled vectors of whole texts: their projections, or a classifier's scores.</summary>
    public void RunSummary(bool ranks, float* pooled, int count, float* results)
    {
        _ranks = ranks;
        _pooled = pooled;
        _pooledCount = count;
        _rows.Clear();
        Start(0, 0, null, 0, results);
        _pooledCount = 0;
    }

    private void Start(int firstLayer, int lastLayer, int* wanted, int wantedCount, float* logits)
    {
        _firstLayer = firstLayer;
        _lastLayer = lastLayer;
        _wanted = wanted;
        _wantedCount = wantedCount;
        _logits = logits;
        _cancelled = false;
        _scratch.Begin();
        if (!_scratch.Fits(_rows))
        {
            AwaitHelpers();
            _scratch.Reserve(_rows);
        }
        _small = (lastLayer == firstLayer || _rows.Count <= Lanes.Tokens) && wantedCount <= Lanes.Tokens;
        if (_small)
            _pool.Lead(this);
        else
            _pool.Run(this);
        if (_scratch.Failure is not { } failure)
            return;
        _scratch.Failure = null;
        throw failure;
    }

    /// <summary>The pass, as each thread runs it; a small one, as one thread does.</summary>
    public void Run(int thread)
    {
        Step step = _small ? new(_pool.Helpers, _scratch, _rows, _stream.View)
            : new(thread, _pool.Threads, _pool.Barrier, _scratch, _rows, _stream.View);
        if (_firstLayer < _lastLayer)
            Begin(step);                                                                     // (rows, row size)
        for (int layer = _firstLayer; layer < _lastLayer; layer++)
        {
            if (thread == 0 && (_scratch.IsGivenUp(0) || _scratch.Failure != null))
                _cancelled = true;
            step.Barrier();
            if (_cancelled)
                return;
            foreach (Block block in _network.Layers[layer])
                block.Forward(step);                                                         // (rows, row size)
        }
        if (_finalHidden != null)
            _network.Exit.Hidden(step, _wanted, _wantedCount, _finalHidden);                 // (wanted, hidden)
        else if (_wantedCount > 0)
            _network.Exit.Logits(step, _wanted, _wantedCount, _logits);                      // (wanted, vocab)
        if (_batch is { WantedHiddenCount: > 0 } batch)
            _network.Exit.Hidden(step, batch.WantedHidden, batch.WantedHiddenCount, batch.HiddenMemory);     // (wanted, hidden)
        if (_pooledCount > 0)
            _network.Summary.Forward(step, _ranks, _pooled, _pooledCount, _logits);          // (texts, size)
    }

    // Tables of positions, and of a batch the tokens' rows.
    private void Begin(in Step step)
    {
        foreach (RopeTable table in _network.RopeTables)
            table.Fill(step);
        (int first, int last) = step.Share(_batch?.Count ?? 0);
        try
        {
            foreach (Segment segment in last > first ? step.Rows.Segments : [])
            {
                for (int row = Math.Max(first, segment.First); row < Math.Min(last, segment.First + segment.Count); row++)
                    _network.Entry.Fill(_batch!.Tokens[row], _stream.Row(row), segment.State.AdapterStrengths);
            }
        }
        catch (RealmException e)
        {
            // The others find out behind the barrier, before the first layer changes anything.
            _scratch.Failure = e;
            _cancelled = true;
        }
        step.Barrier();
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _rows.Dispose();
    }

    // A helper that lost its processor may still be at what is to be freed: it comes to a pass of all threads only when it is done.
    private void AwaitHelpers() => _pool.Run(NoPass.Instance);

    private sealed class NoPass : IPass
    {
        public static NoPass Instance { get; } = new();

        public void Run(int thread)
        {
        }
    }
}
