using Realm.Parallel;
using Xunit;

namespace Realm.Tests.Parallel;

public class WorkerPoolTests
{
    private sealed class Counting(WorkerPool pool) : IPass
    {
        private readonly int[] _seen = new int[pool.Threads];
        private int _arrived;

        public int Passes;

        public bool Together = true;

        public void Run(int thread)
        {
            _seen[thread]++;
            for (int i = 1; i <= 20; i++)
            {
                Interlocked.Increment(ref _arrived);
                pool.Barrier.Wait();
                if (Volatile.Read(ref _arrived) % pool.Threads != 0)
                    Together = false;
                pool.Barrier.Wait();
            }
            if (thread == 0)
                Passes++;
        }

        public bool Equal => _seen.All(s => s == Passes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_thread_runs_every_pass_and_they_meet_at_barriers(int threads)
    {
        using WorkerPool pool = new(threads);
        Counting pass = new(pool);
        for (int i = 0; i < 200; i++)
        {
            pool.Run(pass);
            // Some passes find the workers asleep.
            if (i % 50 == 49)
                Thread.Sleep(5);
        }
        Assert.Equal(200, pass.Passes);
        Assert.True(pass.Equal);
        Assert.True(pass.Together);
    }

    [Fact]
    public void A_disposed_pool_refuses()
    {
        WorkerPool pool = new(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(new Counting(pool)));
    }
}
