using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

public sealed class PassLogTests
{
    private static PassRecord[] Since(PassLog log, long after, out long last, int room = PassLog.Kept)
    {
        var records = new PassRecord[room];
        last = log.Since(after, records, out int count);
        return records[..count];
    }

    [Fact]
    public void WhatCameAfterAPass()
    {
        var log = new PassLog();
        Assert.Empty(Since(log, 0, out long last));
        Assert.Equal(0, last);
        for (int i = 1; i <= 5; i++)
        {
            log.Note(1, promptRows: i, generatedRows: 2, jobs: 3, isDone: i != 4);
        }
        Assert.Equal([3, 4, 5], Since(log, 2, out last).Select(pass => pass.PromptRows));
        Assert.Equal(5, last);
        Assert.Equal([true, false, true], Since(log, 2, out last).Select(pass => pass.IsDone));
        Assert.Empty(Since(log, 5, out last));
        Assert.Empty(Since(log, long.MaxValue, out last));
        Assert.Equal([4, 5], Since(log, 0, out last, room: 2).Select(pass => pass.PromptRows));
    }

    [Fact]
    public void TheOldestGo()
    {
        var log = new PassLog();
        for (int i = 1; i <= PassLog.Kept + 10; i++)
        {
            log.Note(1, i, 0, 1, true);
        }
        PassRecord[] kept = Since(log, 0, out long last);
        Assert.Equal(PassLog.Kept, kept.Length);
        Assert.Equal((11, PassLog.Kept + 10), (kept[0].PromptRows, kept[^1].PromptRows));
        Assert.Equal(PassLog.Kept + 10, last);
    }
}
