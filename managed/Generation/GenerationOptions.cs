using Realm.Sampling;

namespace Realm.Generation;

/// <summary>What to generate.</summary>
/// <param name="Sampling">How each token is chosen.</param>
/// <param name="MaxTokens">Tokens to generate at most.</param>
/// <param name="IgnoreEos">Go on after an end-of-generation token.</param>
/// <param name="Stops">UTF-8 texts, none empty, that end the generation; the text ends before them.</param>
public sealed record GenerationOptions(SamplingOptions Sampling, long MaxTokens, bool IgnoreEos, byte[][] Stops);
