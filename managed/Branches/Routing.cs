namespace Realm.Branches;

/// <summary>How the router's outputs become the weights of the chosen experts.</summary>
internal sealed record Routing
{
    /// <summary>Experts.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts that each token uses.</summary>
    public required int Used { get; init; }

    /// <summary>What a router's output becomes before experts are chosen.</summary>
    public RouterScore Score { get; init; } = RouterScore.Softmax;

    /// <summary>Experts are chosen by the outputs as they are; scores are only for the weights.</summary>
    public bool ChoosesByOutputs { get; init; }

    /// <summary>Added to scores while experts are chosen, not to their weights (Wang et al., 2024); null: nothing.</summary>
    public float[]? SelectionBias { get; init; }

    /// <summary>Groups of neighbouring experts of which only the best may be chosen from (DeepSeek-AI, 2024); 1: all.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that are chosen from.</summary>
    public int GroupsUsed { get; init; } = 1;

    /// <summary>How many of a group's best experts make its rank.</summary>
    public int GroupRankedBy { get; init; } = 2;

    /// <summary>Weights of the chosen are divided by their sum.</summary>
    public bool Normalizes { get; init; } = true;

    /// <summary>The least divisor: 2^-14, the smallest normal half, as llama.cpp has it.</summary>
    public float SmallestSum { get; init; } = 6.103515625e-5f;

    /// <summary>What weights are multiplied with.</summary>
    public float Scale { get; init; } = 1f;

    /// <summary>Weights multiply what an expert reads, not its result.</summary>
    public bool WeightsInputs { get; init; }

    /// <summary>A further factor of each expert's result; null: 1.</summary>
    public float[]? ExpertScales { get; init; }
}

/// <summary>A function of the router's outputs of a token.</summary>
internal enum RouterScore
{
    /// <summary>Softmax over all experts.</summary>
    Softmax,

    /// <summary>Sigmoid of each.</summary>
    Sigmoid,

    /// <summary>Experts are chosen by the outputs as they are; the chosen ones' weights are their softmax.</summary>
    SoftmaxOfChosen,

    /// <summary>sqrt(softplus(x)) of each.</summary>
    SquareRootSoftplus,
}
