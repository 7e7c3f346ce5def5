using Realm.Blocks;
using Realm.Formats;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>The network: its layers, and a pass through them. Every thread of the pool runs <see cref="Run"/>.</summary>
internal sealed unsafe class ForwardPass : IPass
{
    private readonly ModelConfig _config;
    private readonly WorkerPool _pool;
    private readonly Scratch _scratch;
    private readonly Rows _rows;
    private readonly Embedding _embedding;
    private readonly Block[][] _layers;
    private readonly float* _norm;
    private readonly Matrices _head;

    private Batch? _batch;
    private int _firstLayer;
    private int _lastLayer;
    private int* _wanted;
    private int _wantedCount;
    private float* _logits;
    private volatile bool _cancelled;
    private RealmException? _failure;
    private bool _led;

    public ForwardPass(ModelConfig config, WorkerPool pool, Scratch scratch, Rows rows, Embedding embedding, Block[][] layers, float* norm, Linear head)
    {
        _config = config;
        _pool = pool;
        _scratch = scratch;
        _rows = rows;
        _embedding = embedding;
        _layers = layers;
        _norm = norm;
        _head = new Matrices(head);
    }

    public Rows Rows => _rows;

    public Scratch Scratch => _scratch;

    /// <summary>All layers and the wanted logits of a batch whose rows are in <see cref="Rows"/>. False: cancelled, the caches are unchanged.</summary>
    /// <exception cref="RealmException">The embedding cannot be read; the caches are unchanged.</exception>
    public bool RunBatch(Batch batch)
    {
        _batch = batch;
        Start(0, _layers.Length, batch.Wanted, batch.WantedCount, batch.LogitMemory);
        _batch = null;
        if (_failure is { } failure)
        {
            _failure = null;
            throw failure;
        }
        return !_cancelled;
    }

    /// <summary>One layer over the rows whose hidden states are in the scratch.</summary>
    public void RunLayer(int layer) => Start(layer, layer + 1, null, 0, null);

    /// <summary>Logits of the hidden state in the scratch's first row.</summary>
    public void RunHead(float* logits)
    {
        int row = 0;
        Start(0, 0, &row, 1, logits);
    }

    private void Start(int firstLayer, int lastLayer, int* wanted, int wantedCount, float* logits)
    {
        _firstLayer = firstLayer;
        _lastLayer = lastLayer;
        _wanted = wanted;
        _wantedCount = wantedCount;
        _logits = logits;
        _cancelled = false;
        _scratch.ReservePartials(_rows);
        _led = (lastLayer == firstLayer || _rows.Count <= Lanes.Tokens) && wantedCount <= Lanes.Tokens;
        if (_led)
            _pool.Lead(this);
        else
            _pool.Run(this);
    }

    /// <summary>The pass, as each thread runs it; led, as one thread does.</summary>
    public void Run(int thread)
    {
        Step step = _led ? new(_pool.Crew, _scratch, _rows) : new(thread, _pool.Threads, _pool.Barrier, _scratch, _rows);
        if (_batch is { } batch)
            Embed(step, batch);                                                              // (rows, hidden)
        for (int layer = _firstLayer; layer < _lastLayer; layer++)
        {
            if (thread == 0 && _batch?.Cancel == true)
                _cancelled = true;
            step.Barrier();
            if (_cancelled)
                return;
            foreach (Block block in _layers[layer])
                block.Forward(step);                                                         // (rows, hidden)
        }
        if (_wantedCount > 0)
        {
            Inputs n = step.Norm(_scratch.Hidden, _wantedCount, _config.HiddenSize, _norm, _config.NormEpsilon, _head.Layouts, _wanted);
            step.Project(_head, n, _wantedCount, _logits, _config.VocabSize);                // (wanted, vocab)
        }
    }

    private void Embed(in Step step, Batch batch)
    {
        (int first, int last) = step.Share(batch.Count);
        try
        {
            for (int row = first; row < last; row++)
                _embedding.Read(batch.Tokens[row], _scratch.Hidden + (long)row * _config.HiddenSize);
        }
        catch (RealmException e)
        {
            // The others find out behind the barrier, before the first layer changes anything.
            _failure = e;
            _cancelled = true;
        }
        step.Barrier();
    }
}
