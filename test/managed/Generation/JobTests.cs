using System.Text;
using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>The queues between an engine thread and a reader, without an engine.</summary>
public sealed unsafe class JobTests
{
    [Fact]
    public void NotifiesOnceUntilTheReaderHasLooked()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        job.Say(1, "a");
        job.Say(2, "b");
        Assert.Equal(1, reader.Notified);
        reader.Drain(job);
        Assert.Equal("ab", reader.Text.ToString());
        job.Say(3, "c");
        job.EndIt();
        Assert.Equal(2, reader.Notified);
        Assert.True(reader.Drain(job));
        Assert.Equal([1, 2, 3], reader.Tokens);
    }

    [Fact]
    public void SmallReadsGetWholeCharactersAndEverything()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        const string Text = "aé東😀bé東😀";
        for (int i = 0; i < 10; i++)
        {
            job.Say(i, Text);
        }
        job.EndIt();
        Assert.True(reader.Drain(job, textCapacity: 5, tokenCapacity: 3));
        Assert.Equal(string.Concat(Enumerable.Repeat(Text, 10)), reader.Text.ToString());
        Assert.Equal(Enumerable.Range(0, 10), reader.Tokens);
    }

    [Fact]
    public void IsDoneOnlyWhenAllIsRead()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        job.Say(1, "abc");
        job.EndIt(new RealmException(ErrorCode.Numeric, "why"));
        JobState first = job.Read(new byte[2], new TokenRecord[1], default);
        Assert.False(first.Done);
        Assert.Null(first.Failure);
        JobState second = job.Read(new byte[2], default, default);
        Assert.True(second.Done);
        Assert.Equal("why", second.Failure?.Message);
    }

    [Fact]
    public void AFullQueueIsSaidAndMadeRoomIn()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        int said = 0;
        while (!job.IsFull)
        {
            job.Say(said++, "x");
        }
        Assert.Equal(0, job.Rooms);
        var tokens = new TokenRecord[1];
        Assert.Equal(1, job.Read(new byte[1], tokens, default).TokenCount);
        Assert.Equal(1, job.Rooms);
        Assert.False(job.IsFull);
        job.Say(said++, "x");
        Assert.True(job.IsFull);
        reader.Drain(job);
        Assert.Equal(said - 1, reader.Tokens.Count);
        Assert.Equal(said - 1, reader.Tokens[^1]);
        Assert.Equal(said - 1, reader.Text.Length);
    }

    /// <summary>Who asks before a pass may bring as many tokens as a pass gives at most.</summary>
    [Fact]
    public void AQueueThatIsNotFullTakesAPassOfTokens()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        int said = 0;
        while (!job.IsFull)
        {
            job.Say(said++, "");
        }
        Assert.Equal(1, job.Read(default, new TokenRecord[1], default).TokenCount);
        Assert.False(job.IsFull);
        for (int i = 0; i <= PassCosts.MostDrafted; i++)
        {
            job.Say(said++, "");
        }
        job.EndIt();
        reader.Finish(job);
        Assert.Equal(Enumerable.Range(1, said - 1), reader.Tokens);
    }

    [Fact]
    public void NoNewsAfterClose()
    {
        using var reader = new TestReader();
        var job = new PlainJob(reader);
        job.Close();
        job.Say(1, "a");
        job.EndIt();
        Assert.Equal(0, reader.Notified);
        Assert.False(job.IsFull);
        Assert.True(job.IsCancelRequested);
    }

    /// <summary>The engine is not woken for a job that is over: that would break off the work of others.</summary>
    [Fact]
    public void OnlyARunningJobIsCancelled()
    {
        using var reader = new TestReader();
        var running = new PlainJob(reader);
        running.Cancel();
        Assert.Equal(1, running.Cancels);
        var ended = new PlainJob(reader);
        ended.EndIt();
        ended.Cancel();
        ended.Close();
        Assert.Equal(0, ended.Cancels);
    }

    private sealed class PlainJob(TestReader reader) : Job(TestReader.Notify, reader.User)
    {
        public int Rooms { get; private set; }

        public void Say(int token, string text)
        {
            lock (Mailbox.Gate)
            {
                Mailbox.Post(new TokenRecord((uint)token), default, Encoding.UTF8.GetBytes(text));
            }
        }

        public void EndIt(RealmException? failure = null) => Finish(FinishReason.Stop, failure);

        public int Cancels { get; private set; }

        private protected override void OnCancel() => Cancels++;

        private protected override void OnRoom() => Rooms++;
    }
}
