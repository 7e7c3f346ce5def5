using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// What attention is in a layer. A projected row holds queries, keys and values, one after the other unless <see cref="Layout"/> says
/// otherwise, and perhaps more behind them (a gate). </summary>
internal sealed record AttentionFacts
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads; each serves Heads / KvHeads query heads that follow one another.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements of a query and of a key.</summary>
    public required int KeySize { get; init; }

    /// <summary>Elements of a value and of a result.</summary>
    public required int ValueSize { get; init; }

    /// <summary>What scores are multiplied with, mostly 1/sqrt(key size).</summary>
    public required float Scale { get; init; }

    /// <summary>Rotary position embedding of queries and keys; null: none.</summary>
    public RopeTable? Rope { get; init; }

    /// <summary>Where in a head the elements that turn begin.</summary>
    public int RopeOffset { get; init; }

    public Visibility Sees { get; init; } = Visibility.Causal;

    /// <summary>A change of scores; null: none.</summary>
    public ScoreRule? Score { get; init; }

    /// <summary>A score of each head that belongs to no key: it takes a share of the softmax (Xiao et al., 2024); null: none.</summary>
    public float[]? Sinks { get; init; }

    public HeadNorm? QueryNorm { get; init; }

    public HeadNorm? KeyNorm { get; init; }

    public HeadNorm? ValueNorm { get; init; }

    /// <summary>Queries and keys are normed after they turned, not before.</summary>
    public bool NormsAfterTurn { get; init; }

    /// <summary>What happens to a whole projected row first: norms of whole widths, clamping; null: nothing.</summary>
    public RowChange? Projected { get; init; }

    /// <summary>What happens to the heads' results before the output matrix: gates, norms; null: nothing.</summary>
    public ResultChange? Attended { get; init; }

    /// <summary>A further factor of the queries at a position; null: 1.</summary>
    public PositionScale? Temperature { get; init; }

    /// <summary>Where the parts lie in a projected row; null: queries, keys, values, heads side by side.</summary>
    public AttentionLayout? Layout { get; init; }

    /// <summary>Keys and values are another layer's: the projected row has queries alone, and nothing is stored.</summary>
    public bool BorrowsKeys { get; init; }
}

/// <summary>Where the heads lie in a projected row: the first of each kind, and the numbers from one to the next.</summary>
internal readonly record struct AttentionLayout(int Query, int QueryStep, int Key, int KeyStep, int Value, int ValueStep)
{
    /// <summary>Numbers of a projected row that attention reads, from the first on.</summary>
    public long End(AttentionFacts facts)
    {
        long queries = Query + (facts.Heads - 1L) * QueryStep + facts.KeySize;
        if (facts.BorrowsKeys)
            return queries;
        long keys = Key + (facts.KvHeads - 1L) * KeyStep + facts.KeySize, values = Value + (facts.KvHeads - 1L) * ValueStep + facts.ValueSize;
        return Math.Max(queries, Math.Max(keys, values));
    }

    /// <summary>Queries, keys and values one after the other, heads side by side.</summary>
    public static AttentionLayout SideBySide(AttentionFacts facts)
    {
        int keys = checked(facts.Heads * facts.KeySize), values = checked(keys + facts.KvHeads * facts.KeySize);
        return new AttentionLayout(0, facts.KeySize, keys, facts.KeySize, values, facts.ValueSize);
    }
}

/// <summary>A change of a row in place.</summary>
internal abstract unsafe class RowChange
{
    public abstract void Apply(float* row);
}

/// <summary>A change of the heads' results (heads · value size) of a row in place; the projected row they came from is at hand.</summary>
internal abstract unsafe class ResultChange
{
    public abstract void Apply(float* results, float* projected);
}

/// <summary>A factor that depends on the position.</summary>
internal abstract class PositionScale
{
    public abstract float At(int position);
}
