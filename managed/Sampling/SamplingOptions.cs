namespace Realm.Sampling;

/// <summary>
/// How the next token is chosen from the logits. What is not given is off: greedy (for what a user gets who asks for nothing see
/// <see cref="Sampling.Samplers.Defaults"/>). What the numbers mean and may be stands with the samplers that use them (see <see cref="Sampling.Samplers"/>).
/// </summary>
/// <param name="Temperature">See <see cref="Sampling.Temperature"/>.</param>
/// <param name="TopK">See <see cref="Sampling.TopK"/>.</param>
/// <param name="TopP">See <see cref="Sampling.TopP"/>.</param>
/// <param name="MinP">See <see cref="Sampling.MinP"/>.</param>
/// <param name="RepeatPenalty">See <see cref="Penalties"/>.</param>
/// <param name="Seed">Of the random numbers: equal seeds and logits give equal tokens, on every machine.</param>
public sealed record SamplingOptions(
    float Temperature = 0,
    int TopK = 0,
    float TopP = 1,
    float MinP = 0,
    float RepeatPenalty = 1,
    ulong Seed = 0)
{
    internal static readonly SamplingOptions Off = new();

    /// <summary>See <see cref="DynamicTemperature"/>.</summary>
    public float DynatempRange { get; init; }

    /// <inheritdoc cref="DynatempRange"/>
    public float DynatempExponent { get; init; } = 1;

    /// <summary>See <see cref="Typical"/>.</summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>See <see cref="Sampling.TopNSigma"/>.</summary>
    public float TopNSigma { get; init; }

    /// <summary>See <see cref="Xtc"/>.</summary>
    public float XtcProbability { get; init; }

    /// <inheritdoc cref="XtcProbability"/>
    public float XtcThreshold { get; init; } = 0.1f;

    /// <summary>See <see cref="Penalties"/>.</summary>
    public int RepeatLastN { get; init; } = Penalties.DefaultWindow;

    /// <inheritdoc cref="RepeatLastN"/>
    public float FrequencyPenalty { get; init; }

    /// <inheritdoc cref="RepeatLastN"/>
    public float PresencePenalty { get; init; }

    /// <summary>See <see cref="Dry"/>.</summary>
    public float DryMultiplier { get; init; }

    /// <inheritdoc cref="DryMultiplier"/>
    public float DryBase { get; init; } = 1.75f;

    /// <inheritdoc cref="DryMultiplier"/>
    public int DryAllowedLength { get; init; } = 2;

    /// <inheritdoc cref="DryMultiplier"/>
    public int DryPenaltyLastN { get; init; } = -1;

    /// <summary>See <see cref="Sampling.Mirostat"/>.</summary>
    public int Mirostat { get; init; }

    /// <inheritdoc cref="Mirostat"/>
    public float MirostatTau { get; init; } = 5;

    /// <inheritdoc cref="Mirostat"/>
    public float MirostatEta { get; init; } = 0.1f;

    /// <summary>See <see cref="AdaptiveP"/>.</summary>
    public float AdaptiveTarget { get; init; } = -1;

    /// <inheritdoc cref="AdaptiveTarget"/>
    public float AdaptiveDecay { get; init; } = 0.9f;

    /// <summary>What is added to logits of tokens, before anything else; minus infinity: the token is never chosen.</summary>
    public (int Token, float Bias)[] LogitBias { get; init; } = [];

    /// <summary>Names of the steps to run, in order; null: all, in llama.cpp's order. A step that is not among them does not run.</summary>
    public IReadOnlyList<string>? Samplers { get; init; }

    /// <summary>Checks every range.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, naming the option.</exception>
    public void Validate() => Sampling.Samplers.Check(this);
}
