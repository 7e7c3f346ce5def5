using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>The queue between an engine thread and a reader.</summary>
public sealed unsafe class MailboxTests
{
    /// <summary>It begins small, and whatever its size gives back what was put in, in order.</summary>
    [Fact]
    public void GrowsAndKeepsOrder()
    {
        var box = new Mailbox(null, null);
        var random = new Random(1);
        uint put = 0, taken = 0;
        var text = new byte[100_000];
        var records = new TokenRecord[7000];
        var tops = new TopToken[30_000];
        for (int round = 0; round < 300; round++)
        {
            for (int count = random.Next(200); count > 0; count--)
            {
                TopToken[] likeliest = [.. Enumerable.Range(0, (int)(put % 4)).Select(i => new TopToken(put, i))];
                box.Post(new TokenRecord(put), likeliest, [(byte)('a' + (put++ % 26))]);
            }
            int room = random.Next(round < 150 ? 100 : 300);
            MailboxTake take = box.Take(text.AsSpan(0, room), records.AsSpan(0, room), tops);
            Assert.Equal(take.Text, take.Records);
            int top = 0;
            for (int i = 0; i < take.Records; i++)
            {
                Assert.Equal((byte)('a' + (taken % 26)), text[i]);
                Assert.Equal(new TokenRecord(taken, taken + 1, 0, taken % 4), records[i]);
                for (int j = 0; j < taken % 4; j++)
                {
                    Assert.Equal(new TopToken(taken, j), tops[top++]);
                }
                taken++;
            }
            Assert.Equal(top, take.Tops);
        }
        Assert.True(put > 10_000);
        Assert.Equal((int)(put - taken), box.Take(text, records, tops).Records);
        Assert.True(box.IsEmpty);
    }

    /// <summary>A record goes out with all its tops, or waits.</summary>
    [Fact]
    public void RecordsAndTopsStayTogether()
    {
        var box = new Mailbox(null, null);
        box.Post(new TokenRecord(1), [new TopToken(7, -1), new TopToken(8, -2)], "a"u8);
        box.Post(new TokenRecord(2), [new TopToken(9, -3)], "b"u8);
        var tops = new TopToken[3];
        Assert.Equal(new MailboxTake(2, 0, 0), box.Take(new byte[9], new TokenRecord[9], tops.AsSpan(0, 1)));
        Assert.Equal(new MailboxTake(0, 1, 2), box.Take(new byte[9], new TokenRecord[9], tops.AsSpan(0, 2)));
        Assert.Equal(new MailboxTake(0, 1, 1), box.Take(new byte[9], new TokenRecord[9], tops));
        Assert.Equal(new TopToken(9, -3), tops[0]);
    }

    [Fact]
    public void IsFullByEntriesOrText()
    {
        var box = new Mailbox(null, null);
        for (uint i = 0; !box.IsFull; i++)
        {
            Assert.True(i < 4096);
            box.Post(new TokenRecord(i), default, default);
        }
        box.Take(default, new TokenRecord[1], default);
        Assert.False(box.IsFull);
        box.Post(new byte[40_000]);
        Assert.True(box.IsFull);
        box.Close();
        Assert.False(box.IsFull);
    }
}
