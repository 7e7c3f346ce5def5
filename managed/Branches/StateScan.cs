using Realm.Parallel;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// The loop of a recurrence whose heads have a state for each of their values. One item is a segment and some values of a head: their rows of the state
/// stay near over all its tokens, in order, so how tokens are cut into passes changes nothing.
/// </summary>
/// <param name="heads">Heads.</param>
/// <param name="headSize">Values of a head.</param>
internal abstract unsafe class StateScan(int heads, int headSize) : SharedLoop
{
    private const int Values = 16;

    private Scratch _scratch = null!;

    // It writes results and state where they belong.
    public override bool IsRepeatable => false;

    protected int Heads => heads;

    protected int HeadSize => headSize;

    protected RowSet Rows { get; private set; } = null!;

    private int BlocksAHead => (headSize + Values - 1) / Values;

    private int Blocks => checked(heads * BlocksAHead);

    public override void Run(int thread, int first, int last)
    {
        for (int item = first; item < last && !_scratch.IsGivenUp(thread); item++)
        {
            int head = item % Blocks / BlocksAHead, from = item % BlocksAHead * Values;
            Run(Rows.Segments[item / Blocks], head, from, Math.Min(Values, headSize - from), (float*)_scratch.Own(thread));
        }
    }

    /// <summary>All tokens of the pass. Waits.</summary>
    protected void Run(in Step step)
    {
        Rows = step.Rows;
        _scratch = step.Scratch;
        step.Share(this, step.Rows.SegmentCount * Blocks);
        step.Barrier();
    }

    /// <summary>`count` values of a head from `from` on, over the tokens of a segment. `own`: the thread's room.</summary>
    protected abstract void Run(in Segment segment, int head, int from, int count, float* own);
}
