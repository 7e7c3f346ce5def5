namespace Realm.Generation;

/// <summary>What <see cref="Job.Read"/> tells.</summary>
/// <param name="Model">Of a finished load: the opened model's handle. Else 0.</param>
/// <param name="TextLength">Bytes of text that this call gave.</param>
/// <param name="TokenCount">Tokens that this call gave.</param>
/// <param name="TopCount">Likeliest tokens that this call gave, those of all its tokens one after the other.</param>
/// <param name="LogitCount">Logits of the next token that the caller is to take, change and give back; 0: none.</param>
/// <param name="Done">Nothing more will come, and everything is read.</param>
/// <param name="Failure">Why the job failed, once it is done; null: it did not.</param>
public readonly record struct JobState(ulong Model, int TextLength, int TokenCount, int TopCount, int LogitCount, bool Done, RealmException? Failure);
