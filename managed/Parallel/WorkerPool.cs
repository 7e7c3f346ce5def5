
namespace Realm.Parallel;

/// <summary>Code that all threads of a pool run together.</summary>
internal interface IPass
{
    /// <summary>Runs as thread `thread` of the pool's <see cref="WorkerPool.Threads"/>. Must not throw: a lost thread would leave the others at a barrier.</summary>
    void Run(int thread);
}

/// <summary>
/// The compute threads of a model. The caller of <see cref="Run"/> or <see cref="Lead"/> is thread 0; the others spin for a moment after a
/// pass, since the next one usually follows at once, then sleep: an idle model costs nothing.
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
    private int _calls;
    private int _running;
    private int _asleep;
    private bool _stop;

    public WorkerPool(int threads)
    {
        Threads = threads;
        Barrier = new SpinBarrier(threads);
        Helpers = new HelperThreads(threads);
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int thread = i + 1;
            _workers[i] = new Thread(() => Work(thread), StackBytes) { IsBackground = true, Name = "realm-worker" };
            try
            {
                NewThread.Start(_workers[i]);
            }
            catch
            {
                // Those that have started wait for work that will not come.
                _workers = _workers[..i];
                Dispose();
                throw;
            }
        }
    }

    public int Threads { get; }

    /// <summary>Where the threads of a pass meet.</summary>
    public SpinBarrier Barrier { get; }

    /// <summary>How the other threads help in a small pass.</summary>
    public HelperThreads Helpers { get; }

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
            Wake();
            pass.Run(0);
            for (int spins = 0; Volatile.Read(ref _running) > 0; spins++)
                SpinBarrier.Relax(spins);
            _pass = null;
        }
    }

    /// <summary>Runs `pass` on the calling thread alone; the others help in the loops that it gives to the <see cref="HelperThreads"/>, if they come in time.</summary>
    public void Lead(IPass pass)
    {
        lock (_callers)
        {
            ObjectDisposedException.ThrowIf(_stop, this);
            Wake();
            pass.Run(0);
        }
    }

    /// <summary>Runs a loop's items on the calling thread and on those of the others that come in time. It must not fail.</summary>
    public void Share(SharedLoop loop, int items)
    {
        lock (_callers)
        {
            ObjectDisposedException.ThrowIf(_stop, this);
            Wake();
            Helpers.Run(loop, items);
        }
    }

    private void Wake()
    {
        Interlocked.Increment(ref _calls);
        if (Volatile.Read(ref _asleep) > 0)
        {
            lock (_gate)
                Monitor.PulseAll(_gate);
        }
    }

    private void Work(int thread)
    {
        int round = 0;
        while (true)
        {
            int next = WaitForRound(thread, round);
            if (Volatile.Read(ref _stop))
                return;
            round = next;
            _pass!.Run(thread);
            Interlocked.Decrement(ref _running);
        }
    }

    // Until there is a pass for all threads, helps in small ones.
    private int WaitForRound(int thread, int round)
    {
        while (true)
        {
            int calls = Volatile.Read(ref _calls);
            for (int spins = 0; spins < SpinsBeforeSleep; spins++)
            {
                int now = Volatile.Read(ref _round);
                if (now != round)
                    return now;
                if (Helpers.Help(thread))
                    spins = 0;
                else
                    Helpers.LookAhead(thread);
                SpinBarrier.Relax(0);
            }
            lock (_gate)
            {
                // Counted before the calls are read once more: a caller either sees a sleeper or is seen.
                Interlocked.Increment(ref _asleep);
                while (Volatile.Read(ref _calls) == calls)
                    Monitor.Wait(_gate);
                Interlocked.Decrement(ref _asleep);
            }
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
            Wake();
        }
        foreach (Thread worker in _workers)
            worker.Join();
        Helpers.Dispose();
    }
}
