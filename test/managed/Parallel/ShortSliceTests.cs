using Realm.Parallel;
using Xunit;

namespace Realm.Tests.Parallel;

public class ShortSliceTests
{
    /// <summary>Systems that tell no slice, or none that can be changed, keep what they have.</summary>
    [Fact]
    public void IsOfTheThreadThatAsks()
    {
        ulong before = ShortSlice.Current, asked = 0, other = 0;
        var thread = new Thread(() =>
        {
            ShortSlice.Ask();
            ShortSlice.Ask();
            asked = ShortSlice.Current;
        });
        thread.Start();
        thread.Join();
        thread = new Thread(() => other = ShortSlice.Current);
        thread.Start();
        thread.Join();
        Assert.Equal(before, ShortSlice.Current);
        Assert.Equal(before, other);
        bool isFiltered = File.Exists("/proc/self/status") && !File.ReadAllText("/proc/self/status").Contains("Seccomp:\t0", StringComparison.Ordinal);
        Assert.Equal(isFiltered ? before : Math.Min(before, 200_000), asked);
    }
}
