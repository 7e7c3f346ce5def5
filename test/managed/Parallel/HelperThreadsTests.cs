using Realm.Parallel;
using Xunit;

namespace Realm.Tests.Parallel;

public class HelperThreadsTests
{
    /// <summary>Counts how often each item was stored; a helper stops in the middle of its first portion until it may go on.</summary>
    private sealed class CountingLoop(int items, bool repeatable) : SharedLoop
    {
        public int[] Stored { get; } = new int[items];

        /// <summary>Set: the helper waits here in its first portion.</summary>
        public ManualResetEventSlim? Hold { get; init; }

        public ManualResetEventSlim Held { get; } = new();

        public bool? LateClaim { get; private set; }

        public override bool IsRepeatable => repeatable;

        public override void Run(int thread, int first, int last)
        {
            if (thread != 0)
                Wait();
            Store(thread, first, last);
        }

        public override bool Compute(int thread, int first, int last, Claim claim)
        {
            bool held = Hold is { IsSet: false };
            Wait();
            if (held)
                LateClaim = claim.IsValid;
            // As if it had looked in time: what it stores must be refused by the portion's state alone.
            return true;
        }

        public override void Store(int thread, int first, int last)
        {
            for (int i = first; i < last; i++)
                Interlocked.Increment(ref Stored[i]);
        }

        private void Wait()
        {
            if (Hold == null)
                return;
            Held.Set();
            Assert.True(Hold.Wait(300_000));
        }
    }

    private static Thread StartHelper(HelperThreads helpers, Func<bool> stop)
    {
        Thread helper = new(() =>
        {
            while (!stop())
            {
                if (!helpers.Help(1))
                    Thread.Yield();
            }
        });
        helper.Start();
        return helper;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(3001)]
    public void Every_item_is_done_once_whoever_does_it(int items)
    {
        using HelperThreads helpers = new(2);
        bool stop = false;
        Thread helper = StartHelper(helpers, () => Volatile.Read(ref stop));
        for (int round = 0; round < 200; round++)
        {
            CountingLoop loop = new(items, repeatable: round % 2 == 0);
            helpers.Run(loop, items);
            Assert.All(loop.Stored, count => Assert.Equal(1, count));
        }
        Volatile.Write(ref stop, true);
        helper.Join();
    }

    [Fact]
    public void The_leader_needs_no_helper()
    {
        using HelperThreads helpers = new(8);
        CountingLoop loop = new(1000, repeatable: false);
        helpers.Run(loop, 1000);
        Assert.All(loop.Stored, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(200)]
    public void No_portion_is_larger_than_there_is_room_for(int threads)
    {
        const int Items = 20_000;
        using HelperThreads helpers = new(threads);
        LargestLoop loop = new();
        helpers.Run(loop, Items);
        Assert.InRange(loop.Largest, 1, Portions.Largest(Items, threads));
    }

    private sealed class LargestLoop : SharedLoop
    {
        public int Largest { get; private set; }

        public override bool IsRepeatable => false;

        public override void Run(int thread, int first, int last) => Largest = Math.Max(Largest, last - first);
    }

    [Fact]
    public void A_helper_that_does_not_finish_delays_nobody_and_its_results_are_dropped()
    {
        using HelperThreads helpers = new(2);
        using ManualResetEventSlim hold = new();
        CountingLoop loop = new(100, repeatable: true) { Hold = hold };
        bool stop = false;
        Thread helper = StartHelper(helpers, () => Volatile.Read(ref stop));
        // The leader may be through before the helper comes: it runs loops until one was held.
        while (!loop.Held.IsSet)
        {
            Array.Clear(loop.Stored);
            helpers.Run(loop, 100);
        }
        Assert.All(loop.Stored, count => Assert.Equal(1, count));
        CountingLoop next = new(100, repeatable: true);
        helpers.Run(next, 100);
        hold.Set();
        Volatile.Write(ref stop, true);
        helper.Join();
        Assert.All(loop.Stored, count => Assert.Equal(1, count));
        Assert.All(next.Stored, count => Assert.Equal(1, count));
        Assert.False(loop.LateClaim);
    }

    [Fact]
    public void The_leader_waits_for_a_helper_whose_loop_is_not_repeatable()
    {
        using HelperThreads helpers = new(2);
        using ManualResetEventSlim hold = new();
        CountingLoop loop = new(100, repeatable: false) { Hold = hold };
        bool stop = false;
        Thread helper = StartHelper(helpers, () => Volatile.Read(ref stop));
        Thread release = new(() =>
        {
            if (loop.Held.Wait(300_000))
                hold.Set();
        });
        release.Start();
        while (!loop.Held.IsSet)
        {
            Array.Clear(loop.Stored);
            helpers.Run(loop, 100);
        }
        Assert.All(loop.Stored, count => Assert.Equal(1, count));
        Volatile.Write(ref stop, true);
        release.Join();
        helper.Join();
    }
}
