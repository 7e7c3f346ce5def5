namespace Realm.Sampling;

/// <summary>A kind of step.</summary>
/// <param name="Name">As the option `samplers` calls it.</param>
/// <param name="Create">The step that the options ask for, or null: it is off.</param>
/// <param name="Options">Its numbers.</param>
internal sealed record SamplerKind(string Name, Func<SamplingOptions, DryBreakers?, ISamplerStep?> Create, SamplerOption[] Options)
{
    /// <summary>It learns from what is chosen: it runs last whatever the order asked for, and need not be in it.</summary>
    public bool IsLast { get; init; }

    /// <summary>It narrows down what Mirostat narrows down in its own way.</summary>
    public bool IsFilter { get; init; }
}
