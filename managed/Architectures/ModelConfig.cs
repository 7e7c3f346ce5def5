namespace Realm.Architectures;

/// <summary>What is told about a model: read once, never changed. No part of the network reads it.</summary>
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

    /// <summary>Numbers of a row between layers: the hidden size, in most families.</summary>
    public required int RowSize { get; init; }

    /// <summary>Rows of the embedding: token ids are below it.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Positions the model was trained for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Query heads of the first layer that has attention; 0: none has.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key/value heads of the first layer that has attention.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>Elements of a query or key head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the feed-forward network of the first layer that has one.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Whether there is a head that gives logits: an encoder gives vectors alone.</summary>
    public required bool HasHead { get; init; }
}
