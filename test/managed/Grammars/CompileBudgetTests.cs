using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>The time of compiling and of a step, in the thread's own time.</summary>
public class CompileBudgetTests
{
    private static RealmException Spend(CompileBudget budget)
    {
        long end = ThreadTime.Milliseconds + 4 * GrammarLimits.StepMilliseconds;
        return Assert.Throws<RealmException>(() =>
        {
            while (ThreadTime.Milliseconds < end)
                budget.Spend();
        });
    }

    [Fact]
    public void Of_compiling()
    {
        RealmException e = Spend(new CompileBudget(milliseconds: 1));
        Assert.Equal((ErrorCode.Limit, "the format takes more than 1 ms to compile; make it simpler"), (e.Code, e.Message));
    }

    [Fact]
    public void Of_a_step()
    {
        CompileBudget budget = new(milliseconds: 1_000_000);
        budget.BeginStep();
        RealmException e = Spend(budget);
        Assert.Equal((ErrorCode.Limit, "a step of the format takes more than 1000 ms; make it simpler"), (e.Code, e.Message));
    }

    [Fact]
    public void Nobody_wants_it_any_more()
    {
        using CancellationTokenSource cancel = new();
        CompileBudget budget = new(cancel.Token);
        cancel.Cancel();
        Assert.Equal(ErrorCode.Cancelled, Spend(budget).Code);
    }
}
