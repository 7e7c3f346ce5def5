using Realm.Kernels;

namespace Realm.Branches;

/// <summary>Results of heads times the sigmoid of gates that lie between the queries: a number for each result. (Qwen Team, 2025)</summary>
/// <param name="offset">Where the first head's gate begins in a projected row.</param>
/// <param name="step">Numbers from one head's gate to the next.</param>
/// <param name="heads">Heads.</param>
/// <param name="size">Results of a head.</param>
internal sealed unsafe class StridedGate(int offset, int step, int heads, int size) : ResultChange
{
    public override void Apply(float* results, float* projected)
    {
        for (int head = 0; head < heads; head++)
            Gating.Sigmoid(projected + offset + (long)head * step, results + (long)head * size, size);
    }
}
