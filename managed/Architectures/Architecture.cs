using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>What distinguishes a family of models: facts, each with the meaning it has in the forward pass. The rest (sizes, epsilon,
/// scaling) stands in the file.</summary>
/// <param name="Name"><c>general.architecture</c></param>
internal sealed record Architecture(string Name)
{
    /// <summary>Which elements rotary position embedding turns together.</summary>
    public required RopePairing RopePairing { get; init; }

    /// <summary>Whether the whole head must turn.</summary>
    public bool WholeHeadTurns { get; init; }

    /// <summary>Whether <c>rope_freqs.weight</c>, where present, divides the frequencies (Llama 3).</summary>
    public bool RopeFactors { get; init; }

    /// <summary>Whether queries and keys are normed, head by head, before they turn.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether <c>attention.scale</c> replaces 1/sqrt(head size).</summary>
    public bool AttentionScale { get; init; }

    /// <summary>Whether layers may be mixtures of experts.</summary>
    public bool Experts { get; init; }
}
