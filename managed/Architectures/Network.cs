using Realm.Blocks;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>A network as a recipe has built it: what a pass goes through, and what it remembers.</summary>
internal sealed class Network
{
    /// <summary>From tokens to rows.</summary>
    public required Entry Entry { get; init; }

    /// <summary>The parts of each layer, in order.</summary>
    public required Block[][] Layers { get; init; }

    /// <summary>From rows to logits.</summary>
    public required Exit Exit { get; init; }

    /// <summary>What a sequence remembers.</summary>
    public required StatePlan State { get; init; }

    /// <summary>Tables of positions that the layers use.</summary>
    public required RopeTable[] RopeTables { get; init; }

    /// <summary>A sequence that may become longer than this is told so when it begins.</summary>
    public int LongFrom { get; init; } = int.MaxValue;

    /// <summary>Tokens see what comes after them: a pass holds the whole text, at position 0.</summary>
    public bool WholeText { get; init; }

    /// <summary>How a text becomes one vector, or a few scores.</summary>
    public required TextSummary Summary { get; init; }

    /// <summary>What is told about the model.</summary>
    public required ModelConfig Config { get; init; }
}
