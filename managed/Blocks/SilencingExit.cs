using Realm.Passes;

namespace Realm.Blocks;

/// <summary>An exit that never lets some tokens be chosen: the logits of `first` to before `end` are the lowest number.</summary>
internal sealed unsafe class SilencingExit(Norm norm, Linear head, int first, int end) : Exit(norm, head)
{
    public override void Logits(in Step step, int* wanted, int count, float* logits)
    {
        base.Logits(step, wanted, count, logits);
        step.Barrier();
        (int from, int to) = step.Share(count);
        int last = Math.Min(end, VocabSize);
        for (int row = from; row < to && last > first; row++)
            new Span<float>(logits + (long)row * VocabSize + first, last - first).Fill(float.MinValue);
    }
}
