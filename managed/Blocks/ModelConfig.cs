using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>What the file says about the model: read once, never changed.</summary>
public sealed record ModelConfig
{
    /// <summary><c>general.architecture</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary><c>general.name</c>, or empty.</summary>
    public required string Name { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Rows of the embedding: token ids are below it.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Positions the model was trained for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Query heads of the first layer.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key/value heads of the first layer.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>Elements of a query or key head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the feed-forward network of the first layer.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Added to the mean square in norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Rotary position embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>Query heads of each layer.</summary>
    public required int[] HeadCounts { get; init; }

    /// <summary>Key/value heads of each layer.</summary>
    public required int[] KvHeadCounts { get; init; }

    /// <summary>Width of the feed-forward network of each layer.</summary>
    public required int[] FeedForwardSizes { get; init; }

    /// <summary>What scores are multiplied with; 1/sqrt(head size) unless the file says otherwise.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>Experts of each mixture layer; 0: dense.</summary>
    public int ExpertCount { get; init; }

    /// <summary>Experts that each token uses.</summary>
    public int ExpertUsedCount { get; init; }

    /// <summary>What the experts' weights are multiplied with.</summary>
    public float ExpertWeightScale { get; init; } = 1f;
}
