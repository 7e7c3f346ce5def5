using System.Runtime.Intrinsics;

namespace Realm.Sampling;

/// <content>The cut that is not by probability: what <see cref="Typical"/> keeps.</content>
public sealed unsafe partial class SamplerScratch
{
    /// <summary>Keeps the candidates whose distance from the best is nearest to a number until their weights reach a mass; of equally near ones the lower ids are ahead.</summary>
    internal void KeepNearest(float distance, double mass)
    {
        // The nearer, the higher: then it is a cut like any other, but that equally near ones, which lie on both sides, may weigh differently.
        FillNearness(distance);
        // Further away nothing weighs anything.
        (float, float) range = (-(87 + Math.Abs(distance)), 0);
        Cut cut = Cut.Find(OtherLogits, Weights, Count, mass, range, ((nint)OtherLogits, (nint)OtherWeights), _bins);
        if (cut.Key == 0)
        {
            return;
        }
        float least = Cut.LogitOf(cut.Key);
        FillNearness(distance);
        int equal = (int)(Sieve.Sum(OtherLogits, null, Count, least) - Sieve.Sum(OtherLogits, null, Count, MathF.BitIncrement(least)));
        if (equal > 1)
        {
            double missing = mass - Sieve.Sum(OtherLogits, Weights, Count, MathF.BitIncrement(least));
            DropEquallyNear(least, missing);
        }
        int count = Sieve.Take(OtherLogits, IdMemory, Count, least, true, OtherWeights, IdMemory);
        Sieve.Take(OtherLogits, (int*)LogitMemory, Count, least, true, OtherWeights, (int*)LogitMemory);
        Count = count;
        FindBest();
    }

    /// <summary>How near each candidate is, in the place of other logits: 0 at most.</summary>
    private void FillNearness(float distance)
    {
        Vector256<float> best = Vector256.Create(Best), from = Vector256.Create(distance);
        for (int i = 0; i < Count; i += 8)
        {
            (-Vector256.Abs(Vector256.Load(LogitMemory + i) - best - from)).Store(OtherLogits + i);
        }
    }

    /// <summary>Of candidates that are equally near, only the first are needed: the others become far.</summary>
    private void DropEquallyNear(float nearness, double missing)
    {
        bool isFirst = true;
        for (int i = 0; i < Count; i++)
        {
            if (OtherLogits[i] != nearness)
            {
                continue;
            }
            if (!isFirst && missing <= 0)
            {
                OtherLogits[i] = float.NegativeInfinity;
            }
            missing -= Weights[i];
            isFirst = false;
        }
    }
}
