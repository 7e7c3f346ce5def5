using Realm.Blocks;

namespace Realm.Runtime;

/// <summary>Code that all threads of a pool run together.</summary>
internal interface IPass
{
    /// <summary>Runs as thread `thread` of the pool's <see cref="WorkerPool.Threads"/>. Must not throw: a lost thread would leave the others at a barrier.</summary>
    void Run(int thread);
}

/// <summary>
/// The compute threads of a model. The caller of <see cref="Run"/> is thread 0; the others spin for a moment after a pass, since the
/// next one usually follows at once, then sleep: an idle model costs nothing.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    // Kernels and attention need little; the default of some systems is smaller than that.
    private const int StackBytes = 1 << 20;

    // About half a millisecond: longer than it takes to choose the next token.
    private const int SpinsBeforeSleep = 12000;

    private readonly Thread[] _workers;
    private readonly object _gate = new();
    private readonly Lock _callers = new();
    private IPass? _pass;
    private int _round;
    private int _running;
    private int _asleep;
    private bool _stop;

    public WorkerPool(int threads)
    {
        Threads = threads;
        Barrier = new SpinBarrier(threads);
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int thread = i + 1;
            _workers[i] = new Thread(() => Work(thread), StackBytes) { IsBackground = true, Name = "realm-worker" };
            _workers[i].Start();
        }
    }

    public int Threads { get; }

    /// <summary>Where the threads of a pass meet.</summary>
    public SpinBarrier Barrier { get; }

    /// <summary>As many threads as this process may use processors (affinity and control-group quota counted).</summary>
    public static int DefaultThreads => Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <summary>Runs `pass` on all threads and returns when all are done. One pass at a time: further callers wait.</summary>
    public void Run(IPass pass)
    {
        lock (_callers)
        {
            ObjectDisposedException.ThrowIf(_stop, this);
            _pass = pass;
            Volatile.Write(ref _running, _workers.Length);
            Interlocked.Increment(ref _round);
            if (Volatile.Read(ref _asleep) > 0)
            {
                lock (_gate)
                    Monitor.PulseAll(_gate);
            }
            pass.Run(0);
            for (int spins = 0; Volatile.Read(ref _running) > 0; spins++)
                SpinBarrier.Relax(spins);
            _pass = null;
        }
    }

    private void Work(int thread)
    {
        int round = 0;
        while (true)
        {
            int next = WaitForRound(round);
            if (Volatile.Read(ref _stop))
                return;
            round = next;
            _pass!.Run(thread);
            Interlocked.Decrement(ref _running);
        }
    }

    private int WaitForRound(int round)
    {
        for (int spins = 0; spins < SpinsBeforeSleep; spins++)
        {
            int now = Volatile.Read(ref _round);
            if (now != round)
                return now;
            SpinBarrier.Relax(0);
        }
        lock (_gate)
        {
            // Counted before the round is read once more: a caller either sees a sleeper or is seen.
            Interlocked.Increment(ref _asleep);
            while (Volatile.Read(ref _round) == round)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _asleep);
            return _round;
        }
    }

    public void Dispose()
    {
        lock (_callers)
        {
            if (_stop)
                return;
            Volatile.Write(ref _stop, true);
            Interlocked.Increment(ref _round);
            lock (_gate)
                Monitor.PulseAll(_gate);
        }
        foreach (Thread worker in _workers)
            worker.Join();
    }
}
