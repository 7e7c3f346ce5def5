using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>How attention's work is shared out: tiles of rows and query heads, or, for few rows with a long past, splits of their keys.</summary>
internal sealed unsafe class AttentionLoop : IAsk
{
    private const int FewRows = 4;

    private readonly AttentionFacts _facts;
    private readonly AttentionLayout _layout;
    private readonly KeyValueSlot _slot;
    private readonly HeadPositions _positions;
    private readonly Tiles _tiles;
    private readonly KeySplits _splits;
    private readonly int _group;
    private readonly int _chunks;
    private PassBuffer _partials = null!;

    public AttentionLoop(AttentionFacts facts, KeyValueSlot slot)
    {
        _facts = facts;
        _slot = slot;
        _layout = facts.Layout ?? AttentionLayout.SideBySide(facts);
        _positions = new HeadPositions(facts, _layout, slot);
        _tiles = new Tiles(this);
        _splits = new KeySplits(this);
        _group = facts.Heads / facts.KvHeads;
        _chunks = (_group + AttentionTile.MostHeads - 1) / AttentionTile.MostHeads;
    }

    // A key/value head and up to 16 of its query heads: what a unit of work goes over.
    private int HeadUnits => checked(_facts.KvHeads * _chunks);

    private int MostHeads => Math.Min(_group, AttentionTile.MostHeads);

    public void Ask(Needs needs)
    {
        needs.Thread(AttentionTile.ScratchBytes(_slot, MostHeads));
        _partials = needs.Pass(rows => SplitsKeys(rows)
            ? checked((long)rows.SegmentCount * AttentionTile.Splits(rows.LastPosition + 1) * HeadUnits * PartialFloats)
            : 0);
    }

    private long PartialFloats => AttentionState.Floats(MostHeads, _slot.StoredValueSize);

    // Single rows of a few sequences, at least one with a long past: too few units of work unless the past is shared out.
    private bool SplitsKeys(RowSet rows) => rows.Count == rows.SegmentCount && rows.Count <= FewRows && rows.LastPosition >= AttentionTile.SplitKeys
        && !_facts.Sees.LooksAhead;

    // No segment is longer than a tile and a tile goes over all heads of a key: nobody looks at keys that another unit of work stores.
    private bool StoresInUnits(RowSet rows) => rows.LongestSegment <= AttentionTile.Rows && _chunks == 1 && !_facts.BorrowsKeys;

    /// <summary>Each query over all keys that it sees: results (rows, heads · value size). Does not wait at the end.</summary>
    public void Attend(in Step step, RowBuffer projected, RowBuffer results)
    {
        RowSet rows = step.Rows;
        bool inUnits = StoresInUnits(rows);
        if (step.Scratch.Threads == 1 || !SplitsKeys(rows))
        {
            if (!inUnits)
                Position(step, projected, keys: !_facts.BorrowsKeys);
            _tiles.Set(step, projected, results, inUnits);
            step.Share(_tiles, _tiles.Count);
            return;
        }
        Position(step, projected, keys: !inUnits && !_facts.BorrowsKeys);
        int splits = AttentionTile.Splits(rows.LastPosition + 1);
        _splits.Set(step, projected, results, inUnits);
        step.Share(_splits, rows.SegmentCount * HeadUnits * splits);
        step.Barrier();
        (int first, int last) = step.Share(rows.SegmentCount * HeadUnits);
        for (int i = first; i < last; i++)
            Merge(step, results, rows.Segments[i / HeadUnits], i % HeadUnits, i * splits);
    }

    /// <summary>Does for all rows what a unit of attention does not do for its own: turns queries, and stores keys if asked.</summary>
    private void Position(in Step step, RowBuffer projected, bool keys)
    {
        // One unit is a row and a key/value head with the query heads that share it: no two threads touch the same memory.
        (int first, int last) = step.Share(step.Count * _facts.KvHeads);
        RowSet rows = step.Rows;
        int segment = 0;
        for (int unit = first; unit < last; unit++)
        {
            int row = unit / _facts.KvHeads, kvHead = unit % _facts.KvHeads;
            while (row >= rows.Segments[segment].First + rows.Segments[segment].Count)
                segment++;
            _positions.TurnQueries(projected.Row(row), rows, row, kvHead * _group, (kvHead + 1) * _group);
            if (keys)
                _positions.StoreKey(projected.Row(row), rows, rows.Segments[segment], row, kvHead);
        }
        step.Barrier();
    }

    private void Merge(in Step step, RowBuffer results, in Segment segment, int headUnit, int firstState)
    {
        HeadUnit heads = Heads(headUnit);
        AttentionState total = Partial(firstState, heads);
        for (int split = 1; split < AttentionTile.Splits(segment.Position + 1); split++)
            total.Merge(Partial(firstState + split, heads), heads.Count);
        Tile(step.Scratch, step.Thread, segment, heads).Finish(total, heads.Count, Results(results, segment.First, heads), results.Floats);
    }

    private AttentionState Partial(int state, in HeadUnit heads) => new(_partials.Memory + state * PartialFloats, heads.Count, _slot.StoredValueSize);

    private HeadUnit Heads(int unit)
    {
        int kvHead = unit / _chunks, from = unit % _chunks * AttentionTile.MostHeads;
        return new HeadUnit(kvHead, kvHead * _group + from, Math.Min(AttentionTile.MostHeads, _group - from));
    }

    private AttentionTile Tile(Scratch scratch, int thread, in Segment segment, in HeadUnit heads) =>
        new(scratch.Own(thread), _facts, _slot, segment.State, segment.End, heads.KvHead, heads.First, heads.Count, _layout.QueryStep);

    private float* Queries(RowBuffer projected, int row, in HeadUnit heads) => projected.Row(row) + _layout.Query + (long)heads.First * _layout.QueryStep;

    private float* Results(RowBuffer results, int row, in HeadUnit heads) => results.Row(row) + (long)heads.First * _slot.ValueSize;

    // Query heads First.. that share a key/value head.
    private readonly record struct HeadUnit(int KvHead, int First, int Count);

    /// <summary>A loop of attention. Its helpers write at once where results belong and read pages that may be freed after the pass:
    /// the leader waits for them.</summary>
    private abstract class Loop(AttentionLoop attention) : SharedLoop
    {
        protected AttentionLoop Attention => attention;

        protected Scratch Scratch { get; private set; } = null!;

        protected RowSet Rows { get; private set; } = null!;

        protected RowBuffer Projected { get; private set; } = null!;

        protected RowBuffer Results { get; private set; } = null!;

        /// <summary>Units position their own rows and store their own keys.</summary>
        protected bool InUnits { get; private set; }

        public override bool IsRepeatable => false;

        /// <summary>Where it works; every thread of a pass sets the same.</summary>
        public void Set(in Step step, RowBuffer projected, RowBuffer results, bool inUnits)
        {
            Scratch = step.Scratch;
            Rows = step.Rows;
            Projected = projected;
            Results = results;
            InUnits = inUnits;
        }
    }

    /// <summary>One item is some query heads and up to `AttentionTile.Rows` rows of a segment. Later rows have more keys, so it begins with the last.</summary>
    private sealed class Tiles(AttentionLoop attention) : Loop(attention)
    {
        public int Count
        {
            get
            {
                int pieces = 0;
                foreach (ref readonly Segment segment in Rows.Segments)
                    pieces += Pieces(segment);
                return checked(pieces * Attention.HeadUnits);
            }
        }

        public override void Run(int thread, int first, int last)
        {
            int at = Rows.SegmentCount - 1, before = 0;
            Unit unit = Find(first, ref at, ref before), next = unit;
            for (int item = first; item < last && !Scratch.IsGivenUp(thread); item++, unit = next)
            {
                byte* keys = null;
                if (item + 1 < last)
                {
                    next = Find(item + 1, ref at, ref before);
                    keys = next.Segment.State.Block(Attention._slot, next.Heads.KvHead, 0).Keys;
                }
                Attend(thread, unit, keys);
            }
        }

        private void Attend(int thread, in Unit unit, byte* next)
        {
            Segment segment = unit.Segment;
            HeadUnit heads = unit.Heads;
            int first = segment.First + unit.From;
            for (int row = first; row < first + unit.Count && InUnits; row++)
            {
                Attention._positions.TurnQueries(Projected.Row(row), Rows, row, heads.First, heads.First + heads.Count);
                Attention._positions.StoreKey(Projected.Row(row), Rows, segment, row, heads.KvHead);
            }
            Attention.Tile(Scratch, thread, segment, heads).Attend(Attention.Queries(Projected, first, heads), Projected.Floats, unit.Count,
                segment.Position + unit.From, Attention.Results(Results, first, heads), Results.Floats, next);
        }

        // From the end, as the items are counted. `at` is the segment found last, `before` the pieces of those after it.
        private Unit Find(int item, ref int at, ref int before)
        {
            ReadOnlySpan<Segment> segments = Rows.Segments;
            int piece = item / Attention.HeadUnits;
            while (piece >= before + Pieces(segments[at]))
                before += Pieces(segments[at--]);
            int from = (Pieces(segments[at]) - 1 - (piece - before)) * AttentionTile.Rows;
            return new Unit(segments[at], from, Math.Min(AttentionTile.Rows, segments[at].Count - from), Attention.Heads(item % Attention.HeadUnits));
        }

        private static int Pieces(in Segment segment) => (segment.Count + AttentionTile.Rows - 1) / AttentionTile.Rows;

        // Rows of a segment that share a tile, and heads.
        private readonly record struct Unit(Segment Segment, int From, int Count, HeadUnit Heads);
    }

    /// <summary>One item is a split of keys, some query heads and a segment of one row.</summary>
    private sealed class KeySplits(AttentionLoop attention) : Loop(attention)
    {
        public override void Run(int thread, int first, int last)
        {
            int splits = AttentionTile.Splits(Rows.LastPosition + 1), headUnits = Attention.HeadUnits;
            for (int item = first; item < last && !Scratch.IsGivenUp(thread); item++)
            {
                int split = item % splits;
                HeadUnit heads = Attention.Heads(item / splits % headUnits);
                Segment segment = Rows.Segments[item / splits / headUnits];
                int lastSplit = AttentionTile.Splits(segment.Position + 1) - 1;
                // The last split is the only one to look at the new key.
                if (InUnits && split == lastSplit)
                    Attention._positions.StoreKey(Projected.Row(segment.First), Rows, segment, segment.First, heads.KvHead);
                if (split <= lastSplit)
                    Attention.Tile(Scratch, thread, segment, heads).AttendSplit(Attention.Queries(Projected, segment.First, heads), Projected.Floats, 1,
                        segment.Position, split, Attention.Partial(item, heads));
            }
        }
    }
}
