using Realm.Abi;
using Realm.Blocks;
using Realm.Generation;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Whoever calls from C says how much room there is for results: another size than theirs is refused before anything is written.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class OutputSizesTests
{
    private static void Refuses(ErrorCode code, string message, Action work)
    {
        RealmException e = Assert.Throws<RealmException>(work);
        Assert.Equal((code, message), (e.Code, e.Message));
    }

    [Fact]
    public void OfResults()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        uint[] text = [1, 2, 3];
        foreach (ulong room in (ulong[])[0, 2, 4, ulong.MaxValue])
        {
            Refuses(ErrorCode.InvalidArgument, $"the scores of 3 tokens are 3 numbers, but the output has {room}",
                () => model.Score(text, new LogitsOptions(), null, room, TestReader.Notify, null));
            Refuses(ErrorCode.InvalidArgument, $"the logits of 3 tokens over a vocabulary of 1536 are 4608 numbers, but the output has {room}",
                () => model.Logits(text, new LogitsOptions(), null, room, TestReader.Notify, null));
            Refuses(ErrorCode.InvalidArgument, $"the vectors of 1 texts are 256 numbers, but the output has {room}",
                () => model.Embed([[1, 2, 3]], new EmbeddingOptions(Pooling.Mean, true, 0), null, room, TestReader.Notify, null));
        }
        Refuses(ErrorCode.InvalidArgument, "a text of one token has no token after another: two are needed at least",
            () => model.Score([1], new LogitsOptions(), null, 1, TestReader.Notify, null));
        // (2 - 1) times 1537 tokens with their logarithms.
        Refuses(ErrorCode.InvalidArgument, "topLogprobs is 1537, the vocabulary has 1536 tokens",
            () => model.Score([1, 2], new LogitsOptions { Tops = 1537 }, null, 2 + 2 * 1537, TestReader.Notify, null));
        model.Close();
    }

    [Fact]
    public void OfAModelThatSeesTextsAsAWhole()
    {
        byte[] bytes = RandomModel.Llama(hidden: 8, layers: 1, heads: 1, kvHeads: 1, headSize: 8, feedForward: 8, vocabulary: 16).Set("attention.causal", false).ToArray();
        fixed (byte* start = bytes)
        {
            OpenModel model = new(LoadedModels.LeaseBytes(start, bytes.Length, new ModelOptions(1)), new OpeningOptions());
            Refuses(ErrorCode.Unsupported, "this model sees texts as a whole: it does not tell how likely a token is after those before it",
                () => model.Score([1, 2, 3], new LogitsOptions(), null, 3, TestReader.Notify, null));
            Refuses(ErrorCode.Unsupported, "llama sees a text as a whole: it gives logits and vectors of one (logits, embed), but can't go on with it",
                () => _ = new OpenSession(model, new SessionOptions()));
            using Session session = model.Loaded.Model.NewSession();
            using Batch batch = model.Loaded.Model.NewBatch();
            batch.Add(session, 1, false);
            Assert.True(model.Loaded.Model.Forward(batch));
            Refuses(ErrorCode.InvalidArgument, "tokens of this model see what comes after them: a text can't be continued, begin a new one",
                () => model.Loaded.Model.Forward(batch));
            model.Close();
        }
    }

    [Theory]
    [InlineData(4, 508)]
    [InlineData(4, 0)]
    [InlineData(-1, 100)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void OfWhatStaysOfAText(int keep, int recent)
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        Refuses(ErrorCode.InvalidArgument,
            $"contextShift: keep {keep} and recent {recent} must together be less than the context's 512, and recent at least 1",
            () => _ = new OpenSession(model, new SessionOptions { Shift = new ContextShift(keep, recent) }));
        OpenSession session = new(model, new SessionOptions());
        foreach (long length in (long[])[-1, 1, long.MaxValue])
            Refuses(ErrorCode.InvalidArgument, $"the session has 0 tokens, so it can't go back to {length}", () => session.Rewind(length));
        model.Close();
    }

    /// <summary>What was taken away while somebody was about to use it says so.</summary>
    [Fact]
    public void OfWhatIsGone()
    {
        LoadedModel loaded = LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions(1));
        loaded.Lease();
        StoredModel stored = new(loaded, hash: 0, isAutomatic: false);
        stored.Dispose();
        float[] row = new float[256];
        fixed (float* hidden = row)
        {
            float* to = hidden;
            Refuses(ErrorCode.ModelNotFound, "the model was removed", () => stored.Forward(0, to, 256, 0, to));
        }
        loaded.Release();
        Refuses(ErrorCode.ModelClosed, "the model was closed", () => loaded.Open(() => throw new InvalidOperationException()));
    }
}
