using Realm.Kernels;
using Realm.Passes;
using Realm.State;
using System.Runtime.Intrinsics;

namespace Realm.Branches;

/// <summary>What happens to the heads of a projected row before attention: norms, turning by position, the scale of queries, storing keys and values.</summary>
internal sealed unsafe class HeadPositions(AttentionFacts facts, AttentionLayout layout, KeyValueSlot slot)
{
    /// <summary>Norms, turns and scales query heads first..last of a row.</summary>
    public void TurnQueries(float* projected, RowSet rows, int row, int first, int last)
    {
        float scale = facts.Scale;
        if (facts.Temperature != null)
            scale *= facts.Temperature.At(rows.Positions[row]);
        for (int head = first; head < last; head++)
        {
            float* query = projected + layout.Query + (long)head * layout.QueryStep;
            Turn(query, facts.QueryNorm, head, row);
            Scale(query, facts.KeySize, scale);
        }
    }

    /// <summary>Norms and turns a row's key, and stores it and the value.</summary>
    public void StoreKey(float* projected, RowSet rows, in Segment segment, int row, int kvHead)
    {
        float* key = projected + layout.Key + (long)kvHead * layout.KeyStep, value = projected + layout.Value + (long)kvHead * layout.ValueStep;
        Turn(key, facts.KeyNorm, kvHead, row);
        facts.ValueNorm?.Apply(value, kvHead);
        segment.State.Store(slot, kvHead, rows.Positions[row], key, value);
    }

    private void Turn(float* head, HeadNorm? norm, int number, int row)
    {
        if (!facts.NormsAfterTurn)
            norm?.Apply(head, number);
        facts.Rope?.Turn(head + facts.RopeOffset, row);
        if (facts.NormsAfterTurn)
            norm?.Apply(head, number);
    }

    private static void Scale(float* x, int n, float scale)
    {
        Vector256<float> s = Vector256.Create(scale);
        int i = 0;
        for (; i <= n - 8; i += 8)
            (Vector256.Load(x + i) * s).Store(x + i);
        for (; i < n; i++)
            x[i] *= scale;
    }
}
