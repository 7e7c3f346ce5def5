namespace Realm.Generation;

/// <summary>How one opener has a model. Others of the same weights may have theirs otherwise.</summary>
public sealed record OpeningOptions
{
    /// <summary>Tokenizer and metadata only.</summary>
    public bool VocabOnly { get; init; }

    /// <summary>Tokens that prompt and text together may have; 0: as many as the model was trained for.</summary>
    public int ContextSize { get; init; }

    /// <summary>Generations that may wait for their turn; null: as many as there is room for.</summary>
    public int? MaxQueue { get; init; }

    /// <summary>A load's text is how far it has come: lines of two numbers, bytes that are ready and bytes in all.</summary>
    public bool TellsProgress { get; init; }
}
