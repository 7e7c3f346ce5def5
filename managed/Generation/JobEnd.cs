namespace Realm.Generation;

/// <summary>How a job ended. A new figure stands here, in <c>Abi/JobDescription.cs</c>, and in the package.</summary>
/// <param name="Reason">Why a generation ended.</param>
/// <param name="StopText">The stop string that ended it, UTF-8; null: none did.</param>
/// <param name="StopId">The token that ended it: a stop token, or the model's end of generation; null: none did.</param>
/// <param name="Figures">What was counted.</param>
/// <param name="IsChecked">Of a format: whether all that it says was held to; null: there was none.</param>
public readonly record struct JobEnd(FinishReason Reason, byte[]? StopText, int? StopId, JobFigures Figures, bool? IsChecked = null);

/// <summary>What a job has counted.</summary>
/// <param name="PromptTokens">Ids it was started with.</param>
/// <param name="CachedTokens">How many of them the model had seen before, so that they took no time.</param>
/// <param name="GeneratedTokens">Ids that were chosen.</param>
/// <param name="DraftedTokens">Guessed ids that the model has looked at.</param>
/// <param name="AcceptedTokens">How many of them were chosen.</param>
/// <param name="Times">Where the time went.</param>
public readonly record struct JobFigures(
    long PromptTokens,
    long CachedTokens = 0,
    long GeneratedTokens = 0,
    long DraftedTokens = 0,
    long AcceptedTokens = 0,
    JobTimes Times = default);

/// <summary>Where the time of a generation went, each part in milliseconds.</summary>
/// <param name="Queued">Until the first row of it was computed: making ids of its text, waiting for its turn.</param>
/// <param name="Prompt">From there to its first token.</param>
/// <param name="Generation">From there to its end.</param>
public readonly record struct JobTimes(double Queued, double Prompt, double Generation);
