using Realm.Runtime;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Conformance;

/// <summary>Passes that are given up in the midst of a layer, in every family: the session is as it was, and what comes next is right to the bit.</summary>
public class GivenUpTests
{
    /// <summary>What gives logits for the beginning of a text.</summary>
    public static TheoryData<string> Models()
    {
        TheoryData<string> data = [];
        if (Golden.Folder != null)
        {
            foreach (GoldenModel model in GoldenIndex.All().Where(model => model.Folder is "archs" or "families" && !model.SeesAll && model.Logits != null))
                data.Add(model.Id);
        }
        return data;
    }

    [GoldenTheory]
    [MemberData(nameof(Models))]
    public void Leave_no_trace(string id)
    {
        GoldenModel golden = GoldenIndex.All().Single(model => model.Id == id);
        using ModelFile file = ModelFile.OpenPath(golden.Path);
        using Model? model = Load(file);
        if (model == null)
            return;
        int[] tokens = golden.Tokens;
        float[] expected = Networks.Logits(model, tokens, tokens.Length);
        foreach ((int first, int questions) in new[] { (0, 2), (0, 9), (tokens.Length / 2, 4), (tokens.Length - 1, 3), (tokens.Length - 1, 30) })
            Assert.Equal(expected[(first * model.Config.VocabSize)..], Interrupted(model, tokens, first, questions));
    }

    // Logits from token `first` on, which are computed once more after a pass that is given up at a question.
    private static unsafe float[] Interrupted(Model model, int[] tokens, int first, int questions)
    {
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        Pass(model, session, batch, tokens[..first]);
        int asked = 0;
        batch.Overdue = () => ++asked > questions;
        batch.Deadline = 0;
        bool done = Pass(model, session, batch, tokens[first..]);
        batch.Overdue = null;
        Assert.Equal(done ? tokens.Length : first, session.Length);
        if (!done)
            Assert.True(Pass(model, session, batch, tokens[first..]));
        return new ReadOnlySpan<float>(batch.Logits(0), (tokens.Length - first) * model.Config.VocabSize).ToArray();
    }

    private static bool Pass(Model model, Session session, Batch batch, int[] tokens)
    {
        batch.Clear();
        foreach (int token in tokens)
            batch.Add(session, token, true);
        return model.Forward(batch);
    }

    private static Model? Load(ModelFile file)
    {
        try
        {
            return Model.Load(file, new ModelOptions(2));
        }
        catch (RealmException e) when (e.Code == ErrorCode.Unsupported)
        {
            return null;
        }
    }
}
