using System.Globalization;
using Realm.Kernels;
using Realm.State;

namespace Realm.Runtime;

/// <summary>What a text takes of memory for what the model remembers of it, beside what else is still to be taken.</summary>
/// <param name="plan">What is remembered.</param>
/// <param name="weights">Bytes of packed weights that are not there yet.</param>
internal readonly struct ContextMemory(StatePlan plan, long weights)
{
    /// <summary>Positions of the longest text for which so many bytes are enough.</summary>
    public long ThatFits(long bytes)
    {
        long left = bytes - weights - plan.BytesOf(0);
        if (left < 0)
            return 0;
        return plan.PageBytes == 0 ? plan.ContextLength : Math.Min(plan.ContextLength, checked(left / plan.PageBytes * KeyBlock.Keys));
    }

    /// <summary>Asks before a text may come to take it.</summary>
    /// <param name="positions">Of the text.</param>
    /// <param name="available">Bytes that this process may still take.</param>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY, with what is needed, what there is and what would fit.</exception>
    public void Require(long positions, long available)
    {
        long context = plan.BytesOf(positions);
        if (weights + context <= available)
            return;
        long fits = ThatFits(available);
        string needed = $"a text of {positions} tokens takes {Mebibytes(context)} MiB";
        if (weights > 0)
            needed = $"the packed weights take {Mebibytes(weights)} MiB and {needed}";
        throw new RealmException(ErrorCode.OutOfMemory,
            $"{needed}; {available >> 20} MiB are available to this process: " + (fits > 0 ? $"contextSize {fits} would fit" : "no contextSize would fit"));
    }

    // Rounded up: what is needed.
    private static string Mebibytes(long bytes) => ((bytes + (1 << 20) - 1) >> 20).ToString(CultureInfo.InvariantCulture);
}
