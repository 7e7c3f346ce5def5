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
            model.Close();
        }
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
