using System.Text;
using Realm.Generation;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Prompts that come as text: an engine thread makes ids of them.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class TextPromptTests : IDisposable
{
    private const string Text = "The capital of France is";

    private readonly OpenModel _model = TestReader.OpenTinyAtlas();

    public void Dispose() => _model.Close();

    private TestReader Run(string text, GenerationOptions options)
    {
        var reader = new TestReader();
        reader.Finish(_model.GenerateText(Encoding.UTF8.GetBytes(text), options, TestReader.Notify, reader.User));
        return reader;
    }

    [Fact]
    public void TextIsWhatItsIdsAre()
    {
        using TestReader reader = Run(Text, TestReader.Options(16, 0.9f, 3));
        using TestReader ids = TestReader.Run(_model, Text, TestReader.Options(16, 0.9f, 3));
        Assert.Equal(ids.Tokens, reader.Tokens);
        Assert.Equal(ids.Text.ToString(), reader.Text.ToString());
        Assert.Equal(6, reader.End.Figures.PromptTokens);
    }

    /// <summary>Chat templates often write the begin token themselves.</summary>
    [Fact]
    public void TheBeginTokenIsNotDoubled()
    {
        using TestReader reader = Run("<|endoftext|>" + Text, TestReader.Options(4));
        Assert.Equal(6, reader.End.Figures.PromptTokens);
        Assert.Equal(" Paris.", reader.Text.ToString());
        using TestReader twice = Run("<|endoftext|><|endoftext|>" + Text, TestReader.Options(4));
        Assert.Equal(7, twice.End.Figures.PromptTokens);
    }

    /// <summary>Short and long texts: what is wrong with them ends the job, and nothing else.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(40_000)]
    public void ATextTooLongEndsItsJob(int repeats)
    {
        string text = string.Concat(Enumerable.Repeat(Text + ". ", repeats));
        int count = TestReader.Ids(_model, text).Length;
        using TestReader reader = Run(text, TestReader.Options(4));
        Assert.Equal(
            (ErrorCode.ContextFull, $"the prompt has {count} tokens, the model's context holds {_model.Loaded.Model.Config.ContextLength}"),
            (reader.State.Failure?.Code, reader.State.Failure?.Message));
        using TestReader next = Run(Text, TestReader.Options(4));
        Assert.Equal(" Paris.", next.Text.ToString());
    }

    /// <summary>While ids are made of a long text, others generate, and its job can be cancelled without waiting for them.</summary>
    [Fact]
    public void ALongTextHoldsUpNobody()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Text + ". ", 80_000)));
        using var reader = new TestReader();
        Job job = _model.GenerateText(text, TestReader.Options(4), TestReader.Notify, reader.User);
        using TestReader other = Run(Text, TestReader.Options(4));
        Assert.Equal(" Paris.", other.Text.ToString());
        Assert.False(job.IsFinished, "the long text was done before the short one, so that this test shows nothing");
        job.Cancel();
        Assert.True(job.IsFinished);
        reader.Finish(job);
        Assert.Equal(FinishReason.Cancelled, reader.End.Reason);
    }

    [Fact]
    public void ClosingTheModelEndsTextsThatWait()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Text + ". ", 20_000)));
        OpenModel model = TestReader.OpenTinyAtlas();
        TestReader[] readers = [.. Enumerable.Range(0, 4).Select(_ => new TestReader())];
        Job[] jobs = [.. readers.Select(reader => model.GenerateText(text, TestReader.Options(4), TestReader.Notify, reader.User))];
        model.Close();
        for (int i = 0; i < jobs.Length; i++)
        {
            readers[i].Finish(jobs[i]);
            Assert.Equal(FinishReason.Cancelled, readers[i].End.Reason);
            readers[i].Dispose();
        }
    }

    [Fact]
    public void RefusesWhatCannotRun()
    {
        var vocabOnly = new OpenModel(LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions(1)), vocabOnly: true);
        RealmException refused = Assert.Throws<RealmException>(() => vocabOnly.GenerateText("text"u8, TestReader.Options(1), null, null));
        Assert.Contains("vocabOnly", refused.Message);
        vocabOnly.Close();
        refused = Assert.Throws<RealmException>(() => vocabOnly.GenerateText("text"u8, TestReader.Options(1), null, null));
        Assert.Equal(ErrorCode.ModelClosed, refused.Code);
    }
}
