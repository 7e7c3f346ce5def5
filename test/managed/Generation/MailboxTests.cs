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
        var entries = new uint[7000];
        for (int round = 0; round < 300; round++)
        {
            for (int count = random.Next(200); count > 0; count--)
            {
                box.Post(put, [(byte)('a' + (put++ % 26))]);
            }
            int room = random.Next(round < 150 ? 100 : 300);
            (int bytes, int got) = box.Take(text.AsSpan(0, room), entries.AsSpan(0, room));
            Assert.Equal(bytes, got);
            for (int i = 0; i < got; i++)
            {
                Assert.Equal((taken, (byte)('a' + (taken % 26))), (entries[i], text[i]));
                taken++;
            }
        }
        Assert.True(put > 10_000);
        Assert.Equal((int)(put - taken), box.Take(text, entries).Entries);
        Assert.True(box.IsEmpty);
    }

    [Fact]
    public void IsFullByEntriesOrText()
    {
        var box = new Mailbox(null, null);
        for (uint i = 0; !box.IsFull; i++)
        {
            Assert.True(i < 4096);
            box.Post(i, default);
        }
        box.Take(default, new uint[1]);
        Assert.False(box.IsFull);
        box.Post(new byte[40_000]);
        Assert.True(box.IsFull);
        box.Close();
        Assert.False(box.IsFull);
    }
}
