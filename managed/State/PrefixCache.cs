using Realm.Kernels;

namespace Realm.State;

/// <summary>
/// Beginnings of texts that a model has seen, page by page of 64 tokens, with what it remembers of them, so that the next text that begins the same
/// need not be computed from there. A tree: a page belongs to all the tokens before it. Beginnings are kept apart by what else decides what is
/// remembered: how strong adapters are, and whether the text may become long.
/// </summary>
/// <remarks>
/// Pages that a live sequence holds take no memory for being here too. Of the others the least recently used go when they take more than the
/// budget, what follows before what it follows. Networks with fixed slots are remembered at some borders of pages only: a beginning can be used
/// up to the last of these. No row depends on how its past was computed, so a result is the same bits with the cache and without.
/// </remarks>
internal sealed unsafe class PrefixCache : IDisposable
{
    /// <summary>Tokens of a page.</summary>
    public const int PageTokens = KeyBlock.Keys;

    /// <summary>Tokens between two places at which fixed slots are kept.</summary>
    public const int SnapshotTokens = 4 * PageTokens;

    /// <summary>What a node itself may take.</summary>
    private const int NodeBytes = 512;

    private readonly Lock _gate = new();
    private readonly StatePlan _plan;
    private readonly List<Root> _roots = [];
    private PrefixNode? _newest;
    private PrefixNode? _oldest;
    private long _budget;
    private long _bytes;
    private long _live;     // of _bytes, what live sequences held at the last look
    private bool _disposed;

    /// <summary>An empty cache.</summary>
    /// <param name="plan">What is remembered.</param>
    /// <param name="budget">Bytes of what no live sequence holds.</param>
    public PrefixCache(StatePlan plan, long budget)
    {
        _plan = plan;
        _budget = budget;
        StateMemory.Short += GiveBack;
    }

    /// <summary>What is remembered of a sequence.</summary>
    public StatePlan Plan => _plan;

    /// <summary>Guards the tree.</summary>
    public Lock Gate => _gate;

    /// <summary>Bytes of all that is here, held by live sequences or not.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>Several share the cache: the largest budget counts.</summary>
    public void AllowAtLeast(long budget)
    {
        lock (_gate)
            _budget = Math.Max(_budget, budget);
    }

    /// <summary>The way of a sequence through the cache, from its beginning on. It is left by <see cref="CachedPrefix.Leave"/>.</summary>
    /// <param name="state">What the sequence remembers: nothing, or the beginning of its text.</param>
    /// <param name="urgency">Others wait only for pages of those who are as urgent.</param>
    public CachedPrefix Enter(SequenceState state, int urgency)
    {
        lock (_gate)
        {
            Root? root = _roots.Find(root => root.Fits(state));
            if (root == null)
            {
                root = new Root(state);
                _roots.Add(root);
            }
            root.Node.Pins++;
            return new CachedPrefix(this, root.Node, state, urgency);
        }
    }

    /// <summary>Gives back all that no live sequence holds, unless somebody is at work here now.</summary>
    public void GiveBack()
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            Evict(0);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>A node has got what is remembered. Under the gate.</summary>
    public void MakeReady(PrefixNode node, byte* page)
    {
        node.IsReady = true;
        node.Computing = null;
        node.Page = page;
        _bytes += NodeBytes + (page == null ? 0 : _plan.PageBytes);
        // As old as what it follows, and before it to go.
        Insert(node, behind: node.Parent is { IsReady: true } parent ? parent : null);
    }

    /// <summary>A node has got what fixed slots hold. Under the gate.</summary>
    public void SetNumbers(PrefixNode node, float* numbers)
    {
        node.Numbers = numbers;
        _bytes += _plan.FixedFloats * sizeof(float);
    }

    /// <summary>The way up to a node was used. Under the gate.</summary>
    public void Touch(PrefixNode node)
    {
        for (PrefixNode? at = node; at is { IsReady: true }; at = at.Parent)
        {
            Unlink(at);
            Insert(at, behind: null);
        }
    }

    /// <summary>Takes out nodes that nobody has computed, nobody computes and nothing follows. Under the gate.</summary>
    public void Prune(PrefixNode node)
    {
        PrefixNode? at = node;
        while (at is { IsReady: false, Computing: null, Pins: 0, IsLeaf: true })
        {
            if (at.Parent == null)
                _roots.RemoveAll(root => root.Node == at);
            at.Detach();
            at = at.Parent;
        }
    }

    /// <summary>A sequence was closed that stood nowhere here but may have held pages.</summary>
    public void Trim()
    {
        lock (_gate)
            Trim(afterUse: true);
    }

    /// <summary>Keeps to the budget. Under the gate.</summary>
    /// <param name="afterUse">Live sequences may hold less than before.</param>
    public void Trim(bool afterUse)
    {
        if (_disposed)
            Evict(0);
        else if (_bytes - (afterUse ? 0 : _live) > _budget)
            Evict(_budget);
    }

    /// <summary>Evicts the least recently used until what no live sequence holds takes no more than so many bytes.</summary>
    private void Evict(long most)
    {
        _live = 0;
        for (PrefixNode? node = _oldest; node != null; node = node.Newer)
        {
            if (IsHeld(node))
                _live += _plan.PageBytes;
        }
        PrefixNode? next = _oldest;
        while (next != null && _bytes - _live > most)
        {
            PrefixNode node = next;
            next = node.Newer;
            if (node is { IsLeaf: true, Pins: 0 } && !IsHeld(node))
                Remove(node);
        }
    }

    // At the end nobody will find it here any more, who holds it or not.
    private bool IsHeld(PrefixNode node) => !_disposed && node.Page != null && StateMemory.IsShared(node.Page, _plan.PageBytes);

    private void Remove(PrefixNode node)
    {
        Unlink(node);
        _bytes -= NodeBytes;
        if (node.Page != null)
        {
            _bytes -= _plan.PageBytes;
            StateMemory.Leave(node.Page, _plan.PageBytes);
            node.Page = null;
        }
        if (node.Numbers != null)
        {
            _bytes -= _plan.FixedFloats * sizeof(float);
            StateMemory.FreeNumbers(node.Numbers, _plan.FixedFloats);
            node.Numbers = null;
        }
        node.IsReady = false;
        Prune(node);
    }

    private void Insert(PrefixNode node, PrefixNode? behind)
    {
        node.Newer = behind;
        node.Older = behind == null ? _newest : behind.Older;
        if (node.Older == null)
            _oldest = node;
        else
            node.Older.Newer = node;
        if (behind == null)
            _newest = node;
        else
            behind.Older = node;
    }

    private void Unlink(PrefixNode node)
    {
        if (node.Newer == null)
            _newest = node.Older;
        else
            node.Newer.Older = node.Older;
        if (node.Older == null)
            _oldest = node.Newer;
        else
            node.Older.Newer = node.Newer;
        node.Newer = node.Older = null;
    }

    /// <summary>Gives everything back: at once, and what sequences stand at when they leave.</summary>
    public void Dispose()
    {
        StateMemory.Short -= GiveBack;
        lock (_gate)
        {
            _disposed = true;
            Evict(0);
        }
    }

    private sealed class Root(SequenceState state)
    {
        private readonly float[]? _strengths = state.AdapterStrengths?.ToArray();
        private readonly bool _isLong = state.MayBecomeLong;

        public PrefixNode Node { get; } = new(null, []);

        public bool Fits(SequenceState other) => other.MayBecomeLong == _isLong && other.AdapterStrengths.AsSpan().SequenceEqual(_strengths);
    }
}
