using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Who gets how many rows of a pass, without a model.</summary>
public sealed class BatchPlanTests
{
    private const int Most = 64;
    private const int Capacity = 256;

    /// <summary>A sequence that wants what it is told to want.</summary>
    private sealed class Member : IPlanned
    {
        public bool IsIdle { get; init; }

        public bool IsDecoding { get; init; }

        public int Wanted { get; init; } = 1;

        public bool IsIndivisible { get; init; }

        public Priority Priority { get; init; } = Priority.Normal;

        public int PassesWaited { get; set; }

        public int Guesses { get; init; }

        /// <summary>What it was asked with.</summary>
        public (int Rows, int Room) Asked { get; private set; }

        public int Extra(int rows, int room)
        {
            Asked = (rows, room);
            return Math.Min(Guesses, room);
        }
    }

    private static Member Decoding(int guesses = 0, Priority priority = Priority.Normal) => new() { IsDecoding = true, Guesses = guesses, Priority = priority };

    private static Member Prompt(int wanted, Priority priority = Priority.Normal) => new() { Wanted = wanted, Priority = priority };

    /// <summary>The rows of each member.</summary>
    private static int[] Rows(BatchPlan plan, params Member[] members)
    {
        plan.Make(members, Capacity);
        var rows = new int[members.Length];
        for (int i = 0; i < plan.Count; i++)
        {
            // Once each: the rows of a sequence stand side by side.
            Assert.Equal(0, rows[plan[i].Member]);
            rows[plan[i].Member] = plan[i].Rows;
        }
        Assert.Equal(plan.Rows, rows.Sum());
        Assert.InRange(plan.Rows, 0, Capacity);
        return rows;
    }

    private static int[] Rows(params Member[] members) => Rows(new BatchPlan(Most), members);

    /// <summary>A text that is seen as a whole goes in one pass, as many of them as fit, and each has its turn.</summary>
    [Fact]
    public void WholeTextsAreNotDivided()
    {
        Member Whole(int wanted) => new() { Wanted = wanted, IsIndivisible = true };
        var plan = new BatchPlan(Most);
        Member[] members = [Whole(Capacity), Whole(100), Whole(150)];
        int[][] passes = [Rows(plan, members), Rows(plan, members), Rows(plan, members)];
        Assert.All(passes, rows => Assert.All(rows.Zip(members), pair => Assert.True(pair.First == 0 || pair.First == pair.Second.Wanted)));
        Assert.All([0, 1, 2], i => Assert.Contains(passes, rows => rows[i] > 0));
        Assert.Contains(passes, rows => rows[1] > 0 && rows[2] > 0);
    }

    [Fact]
    public void APromptAloneGetsTheWholePass()
    {
        Assert.Equal([256], Rows(Prompt(1000)));
        Assert.Equal([30], Rows(Prompt(30)));
    }

    [Fact]
    public void PromptsShareEqually()
    {
        Assert.Equal([128, 128], Rows(Prompt(1000), Prompt(1000)));
        // What the first one does not need goes to those after it; who is first changes.
        var plan = new BatchPlan(Most);
        Assert.Equal([166, 10, 80], Rows(plan, Prompt(1000), Prompt(10), Prompt(80)));
        Assert.Equal([88, 10, 80], Rows(plan, Prompt(1000), Prompt(10), Prompt(80)));
    }

    [Fact]
    public void DecodingComesFirstAndKeepsPromptsShort()
    {
        Assert.Equal([1, 128, 1], Rows(Decoding(), Prompt(1000), Decoding()));
        Assert.Equal([1, 64, 64], Rows(Decoding(), Prompt(1000), Prompt(1000)));
        var plan = new BatchPlan(Most);
        plan.Make([Decoding(), Prompt(3)], Capacity);
        Assert.False(plan.AllDecode);
        plan.Make([Decoding(), Decoding()], Capacity);
        Assert.True(plan.AllDecode);
    }

    [Fact]
    public void ExtraRowsKnowWhatThePassHasAnyway()
    {
        Member first = Decoding(5), second = Decoding(7);
        var plan = new BatchPlan(Most);
        Assert.Equal([6, 8, 128], Rows(plan, first, second, Prompt(500)));
        // The plan begins with its second member: two decoding rows and as many of the prompt's as there may be, then what was added.
        Assert.Equal((130, Capacity - Most), second.Asked);
        Assert.Equal((137, Capacity - Most - 8), first.Asked);
    }

    [Fact]
    public void ManyWhoDecodeAllGetARow()
    {
        Member[] members = [.. Enumerable.Range(0, Most).Select(_ => Decoding(15))];
        int[] rows = Rows(members);
        Assert.All(rows, count => Assert.InRange(count, 1, 16));
        Assert.InRange(rows.Sum(), Capacity - Most, Capacity);
    }

    [Fact]
    public void WhoCannotTakeMoreGetsNothing()
    {
        Assert.Equal([0, 1], Rows(new Member { IsDecoding = true, IsIdle = true }, Decoding()));
        Assert.Equal([0], Rows(new Member { IsIdle = true }));
    }

    [Fact]
    public void UrgentPromptsGoFirst()
    {
        Assert.Equal([0, 256], Rows(Prompt(1000), Prompt(1000, Priority.High)));
        Assert.Equal([156, 100], Rows(Prompt(1000), Prompt(100, Priority.High)));
        Assert.Equal([1, 28, 100], Rows(Decoding(), Prompt(1000), Prompt(100, Priority.High)));
    }

    [Fact]
    public void TheBackgroundGetsWhatNobodyWants()
    {
        Assert.Equal([0, 1, 0], Rows(Prompt(100, Priority.Background), Decoding(), Decoding(0, Priority.Background)));
        Assert.Equal([100, 0, 1], Rows(Prompt(100, Priority.Background), new Member { IsIdle = true }, Decoding(0, Priority.Background)));
    }

    [Fact]
    public void WaitingMakesUrgent()
    {
        Member background = Decoding(0, Priority.Background), normal = Prompt(1000);
        int first = -1;
        for (int pass = 0; pass < 20; pass++)
        {
            int[] rows = Rows(background, Decoding());
            background.PassesWaited = rows[0] > 0 ? 0 : background.PassesWaited + 1;
            first = first < 0 && rows[0] > 0 ? pass : first;
        }
        Assert.Equal(BatchPlan.Patience, first);
        normal.PassesWaited = BatchPlan.Patience;
        Assert.Equal([128, 128], Rows(normal, Prompt(1000, Priority.High)));
    }
}
