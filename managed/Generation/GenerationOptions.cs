using Realm.Sampling;

namespace Realm.Generation;

/// <summary>What to generate.</summary>
/// <param name="Sampling">How each token is chosen.</param>
/// <param name="MaxTokens">Tokens to generate at most.</param>
/// <param name="IgnoreEos">Go on after an end-of-generation token.</param>
/// <param name="Stops">UTF-8 texts, none empty, that end the generation; the text ends before them.</param>
/// <param name="StopIds">Tokens that end the generation; the text ends before them.</param>
/// <param name="Speculation">Let the model look at guessed tokens too where that saves time. Changes nothing of what is
/// generated.</param>
public sealed record GenerationOptions(
    SamplingOptions Sampling, long MaxTokens, bool IgnoreEos, byte[][] Stops, int[] StopIds, bool Speculation = true)
{
    /// <summary>How strong each of the model's adapters is, in the order in which they were opened; null: as they were opened.</summary>
    public float[]? AdapterScales { get; init; }
}
