namespace Realm.Generation;

/// <summary>What a job has counted.</summary>
/// <param name="PromptTokens">Ids it was started with.</param>
/// <param name="DraftedTokens">Guessed ids that the model has looked at.</param>
/// <param name="AcceptedTokens">How many of them were chosen.</param>
public readonly record struct JobFigures(long PromptTokens, long DraftedTokens, long AcceptedTokens);
