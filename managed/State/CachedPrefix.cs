using System.Diagnostics;

namespace Realm.State;

/// <summary>
/// The way of one sequence through a <see cref="PrefixCache"/>: finds what of its text is there, says which pages it will compute, and puts in what
/// it has computed. Texts are given whole each time; what of them was looked at before must be the same. Used by one thread at a time.
/// </summary>
internal sealed unsafe class CachedPrefix
{
    private readonly PrefixCache _cache;
    private readonly SequenceState _state;
    private readonly int _urgency;
    private readonly List<PrefixNode> _claims = [];
    private PrefixNode _node;   // pinned: the text up to here is in the cache, and the sequence holds the same pages

    /// <summary>See <see cref="PrefixCache.Enter"/>.</summary>
    public CachedPrefix(PrefixCache cache, PrefixNode root, SequenceState state, int urgency)
    {
        _cache = cache;
        _node = root;
        _state = state;
        _urgency = urgency;
    }

    private StatePlan Plan => _cache.Plan;

    /// <summary>Makes the sequence remember the longest beginning of a text that is here, if that is longer than what it remembers.</summary>
    /// <param name="ids">The text.</param>
    /// <param name="most">Tokens of it that may be had so.</param>
    /// <returns>Tokens that it now remembers; 0: nothing has changed.</returns>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY; nothing has changed.</exception>
    public int Find(ReadOnlySpan<int> ids, int most)
    {
        lock (_cache.Gate)
        {
            PrefixNode? best = null;
            for (PrefixNode? node = Next(_node, ids, most); node is { IsReady: true }; node = Next(node, ids, most))
            {
                if (Plan.FixedFloats == 0 || node.Numbers != null)
                    best = node;
            }
            if (best == null || best.Depth * PrefixCache.PageTokens <= _state.Length(0))
                return 0;
            int before = _node.Depth, length = best.Depth * PrefixCache.PageTokens;
            // Pinned first: making room for it may make the cache give back what nobody holds.
            best.Pins++;
            try
            {
                _state.Resume(length, best.Numbers);
            }
            catch
            {
                best.Pins--;
                throw;
            }
            if (Plan.PageBytes > 0)
                TakePages(best, before);
            _node.Pins--;
            _node = best;
            _cache.Touch(best);
            return length;
        }
    }

    /// <summary>Whether another sequence computes the page of a text that comes next: then it is worth waiting for.</summary>
    /// <param name="ids">The text.</param>
    /// <param name="most">Tokens of it that may be had from others.</param>
    public bool IsUnderWay(ReadOnlySpan<int> ids, int most)
    {
        lock (_cache.Gate)
            return Next(_node, ids, most) is { IsReady: false, Computing: { } other } && other != this && other._urgency >= _urgency;
    }

    /// <summary>Says that the sequence will compute what is missing of a text, so that others wait for it.</summary>
    public void Claim(ReadOnlySpan<int> ids)
    {
        lock (_cache.Gate)
        {
            PrefixNode? node = _node;
            for (int depth = node.Depth; (depth + 1) * PrefixCache.PageTokens <= ids.Length; depth++)
            {
                node = node.Find(Page(ids, depth)) ?? node.Add(Page(ids, depth));
                if (node == null)
                    return;
                if (!node.IsReady)
                {
                    node.Computing = this;
                    _claims.Add(node);
                }
            }
        }
    }

    /// <summary>Rows that a pass may compute next, so that it ends where fixed slots are to be kept.</summary>
    /// <param name="fed">Tokens that are computed.</param>
    /// <param name="wanted">Tokens of the prompt that are not.</param>
    public int Rows(int fed, int wanted)
    {
        if (Plan.FixedFloats == 0)
            return wanted;
        int last = LastBorder(fed + wanted);
        int next = (fed / PrefixCache.SnapshotTokens + 1) * PrefixCache.SnapshotTokens;
        return Math.Min(wanted, (fed < last ? Math.Min(next, last) : next) - fed);
    }

    /// <summary>Puts in the full pages of a text that the sequence has computed, and what its fixed slots hold if this is a place to keep it. Pages that
    /// another has put in meanwhile are taken in place of the sequence's own.</summary>
    /// <param name="ids">The text.</param>
    /// <param name="length">Tokens of it that the sequence remembers, no others.</param>
    /// <param name="promptLength">Tokens of its prompt.</param>
    public void Add(ReadOnlySpan<int> ids, int length, int promptLength)
    {
        bool isBorder = length % PrefixCache.SnapshotTokens == 0 || length == LastBorder(promptLength);
        float* numbers = Plan.FixedFloats > 0 && isBorder && length > 0 ? Snapshot() : null;
        lock (_cache.Gate)
        {
            PrefixNode node = _node;
            for (int depth = node.Depth; (depth + 1) * PrefixCache.PageTokens <= length; depth++)
            {
                if ((node.Find(Page(ids, depth)) ?? node.Add(Page(ids, depth))) is not { } next)
                    break;
                if (!next.IsReady)
                    _cache.MakeReady(next, Plan.PageBytes > 0 ? _state.SharePage(depth) : null);
                else if (Plan.PageBytes > 0)
                    TakePage(next);
                node = next;
            }
            _node.Pins--;
            node.Pins++;
            _node = node;
            if (numbers != null && node.Depth * PrefixCache.PageTokens == length && node is { IsReady: true, Numbers: null })
            {
                _cache.SetNumbers(node, numbers);
                numbers = null;
            }
            _cache.Trim(afterUse: false);
        }
        StateMemory.FreeNumbers(numbers, Plan.FixedFloats);
    }

    /// <summary>The sequence is done, and holds its state no more: others need not wait for it.</summary>
    public void Leave()
    {
        lock (_cache.Gate)
        {
            for (int i = _claims.Count - 1; i >= 0; i--)
            {
                if (_claims[i].Computing == this)
                    _claims[i].Computing = null;
                _cache.Prune(_claims[i]);
            }
            _claims.Clear();
            _node.Pins--;
            _cache.Touch(_node);
            _cache.Prune(_node);
            _cache.Trim(afterUse: true);
        }
    }

    // Behind it the last token, at least, must be computed: it gives the first logits.
    private static int LastBorder(int promptLength) => (promptLength - 1) / PrefixCache.PageTokens * PrefixCache.PageTokens;

    private static ReadOnlySpan<int> Page(ReadOnlySpan<int> ids, int depth) => ids.Slice(depth * PrefixCache.PageTokens, PrefixCache.PageTokens);

    private static PrefixNode? Next(PrefixNode node, ReadOnlySpan<int> ids, int most) =>
        (node.Depth + 1) * PrefixCache.PageTokens <= most ? node.Find(Page(ids, node.Depth)) : null;

    private void TakePages(PrefixNode last, int from)
    {
        PrefixNode[] way = new PrefixNode[last.Depth - from];
        PrefixNode node = last;
        for (int i = way.Length - 1; i >= 0; i--, node = node.Parent!)
            way[i] = node;
        foreach (PrefixNode next in way)
            TakePage(next);
    }

    private void TakePage(PrefixNode node)
    {
        Debug.Assert(node.Page != null, "a page that is not there");
        StateMemory.Share(node.Page, Plan.PageBytes);
        _state.TakePage(node.Depth - 1, node.Page);
    }

    // Without memory for it nothing is kept here.
    private float* Snapshot()
    {
        try
        {
            float* numbers = StateMemory.NewNumbers(Plan.FixedFloats);
            _state.CopyFixed(numbers);
            return numbers;
        }
        catch (RealmException)
        {
            return null;
        }
    }
}
