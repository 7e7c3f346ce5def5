using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Who changes logits takes what is offered, once, and answers once, with as many.</summary>
public sealed unsafe class LogitsHandoverTests
{
    private const string None = "the job has no logits to process";

    private static void Refuses(string message, Action work)
    {
        RealmException e = Assert.Throws<RealmException>(work);
        Assert.Equal((ErrorCode.InvalidArgument, message), (e.Code, e.Message));
    }

    [Fact]
    public void InTurns()
    {
        LogitsHandover handover = new(3);
        float[] row = [1, 2, 3];
        Refuses(None, () => handover.Take(row));
        Refuses(None, () => handover.Answer(row));
        fixed (float* logits = row)
            handover.Offer(logits);
        Refuses(None, () => handover.Answer(row));
        float[] taken = new float[3];
        handover.Take(taken);
        Assert.Equal(row, taken);
        Refuses(None, () => handover.Take(taken));
        handover.Answer([4, float.NegativeInfinity, 6]);
        Assert.True(handover.IsAnswered);
        Refuses(None, () => handover.Answer(row));
        Assert.Equal((4f, 6f), (handover.Row[0], handover.Row[2]));
    }

    [Fact]
    public void AsMany()
    {
        LogitsHandover handover = new(3);
        fixed (float* logits = (float[])[1, 2, 3])
            handover.Offer(logits);
        foreach (int length in (int[])[0, 2, 4])
            Refuses($"{length} logits, the vocabulary has 3: logitsProcessor must leave the array as long as it is", () => handover.Take(new float[length]));
        handover.Take(new float[3]);
        foreach (int length in (int[])[0, 2, 4])
            Refuses($"{length} logits, the vocabulary has 3: logitsProcessor must leave the array as long as it is", () => handover.Answer(new float[length]));
        Refuses("logitsProcessor: the logit of token 1 is not a number; it must be finite, or -Infinity", () => handover.Answer([0, float.NaN, 0]));
        Refuses("logitsProcessor: the logit of token 2 is infinite; it must be finite, or -Infinity", () => handover.Answer([0, 0, float.PositiveInfinity]));
        const float No = float.NegativeInfinity;
        Refuses("logitsProcessor: every logit is -Infinity, so no token can be chosen", () => handover.Answer([No, No, No]));
        handover.Answer([No, 0, No]);
        Assert.True(handover.IsAnswered);
    }
}
