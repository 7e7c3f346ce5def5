using Realm.Abi;
using Xunit;

namespace Realm.Tests.Abi;

public class HandleTableTests
{
    [Fact]
    public void HandlesAreNeverUsedAgain()
    {
        var table = new HandleTable<string>();
        ulong first = table.Add("a");
        Assert.Equal("a", table.Find(first));
        Assert.Equal("a", table.Remove(first));
        Assert.Null(table.Remove(first));
        ulong second = table.Add("b");
        Assert.NotEqual(first, second);
        Assert.Null(table.Find(first));
        Assert.True(table.WasGiven(first));
        Assert.True(table.WasGiven(second));
        Assert.False(table.WasGiven(second + 1));
        Assert.False(table.WasGiven(0));
        Assert.Equal(1, table.Count);
        Assert.Equal(["b"], table.All());
    }

    [Fact]
    public void ManyThreads()
    {
        var table = new HandleTable<object>();
        var handles = new ulong[4][];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(t => new Thread(() => handles[t] = [.. Enumerable.Range(0, 2000).Select(_ => table.Add(new object()))]))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(8000, handles.SelectMany(h => h).Distinct().Count());
        Assert.Equal(8000, table.Count);
    }
}
