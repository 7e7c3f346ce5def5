using System.Diagnostics;
using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Whether a pass is worth its end.</summary>
public sealed class PassTimesTests
{
    [Fact]
    public void ExpectsWhatItHasSeen()
    {
        var times = new PassTimes();
        Assert.Null(times.Expect(8));
        times.Note(8, 800);
        Assert.Equal(800, times.Expect(8));
        Assert.Equal(1500, times.Expect(15));
        Assert.Null(times.Expect(16));
        Assert.Null(times.Expect(7));
        for (int i = 0; i < 40; i++)
        {
            times.Note(8, 400);
        }
        Assert.InRange(times.Expect(8)!.Value, 399, 401);
    }

    [Fact]
    public void WaitsForAShortPassThatOthersAreIn()
    {
        var pass = new PassUnderWay();
        Assert.False(pass.IsWorthFinishing(0));
        pass.Begin(8);
        Assert.False(pass.IsWorthFinishing(1));     // nobody knows how long it takes
        pass.End(done: false);
        pass.Begin(8);
        Assert.False(pass.IsWorthFinishing(1));     // one broken off says nothing
        pass.End(done: true);
        pass.Begin(8);
        Assert.True(pass.IsWorthFinishing(1));
        Assert.False(pass.IsWorthFinishing(8));     // nobody else is in it
        pass.End(done: true);
        Assert.False(pass.IsWorthFinishing(0));     // it is over
    }
}
