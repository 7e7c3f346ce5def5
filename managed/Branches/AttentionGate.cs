using System.Runtime.Intrinsics;
using Realm.Kernels.Functions;

namespace Realm.Branches;

/// <summary>Results of heads times the sigmoid of a gate that was projected beside the queries: a number for each result, or one for each
/// head. (Qiu et al., 2025)</summary>
/// <param name="offset">Where the gate begins in a projected row.</param>
/// <param name="heads">Heads.</param>
/// <param name="size">Results of a head.</param>
/// <param name="perHead">One number for each head.</param>
internal sealed unsafe class AttentionGate(int offset, int heads, int size, bool perHead) : ResultChange
{
    public override void Apply(float* results, float* projected)
    {
        float* gate = projected + offset;
        if (perHead)
        {
            for (int head = 0; head < heads; head++, results += size)
                Scale(results, Open(gate[head]));
            return;
        }
        int n = heads * size, i = 0;
        for (; i <= n - 8; i += 8)
            (Vector256.Load(results + i) * Sigmoid.Compute(Vector256.Load(gate + i))).Store(results + i);
        for (; i < n; i++)
            results[i] *= Open(gate[i]);
    }

    private static float Open(float gate) => Sigmoid.Compute(Vector256.CreateScalar(gate)).ToScalar();

    private void Scale(float* head, float factor)
    {
        for (int i = 0; i < size; i++)
            head[i] *= factor;
    }
}
