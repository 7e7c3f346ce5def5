namespace Realm.Sampling;

/// <summary>How the next token is chosen from the logits. The defaults switch everything off: greedy.</summary>
/// <param name="Temperature">0: the best token always. Else logits are divided by it before one is drawn. Finite, at least 0.</param>
/// <param name="TopK">Keep this many of the best tokens. 0: off.</param>
/// <param name="TopP">Keep the best tokens until their probabilities reach this sum; the one that reaches it stays. 0 to 1; 1: off.</param>
/// <param name="MinP">Keep tokens at least this many times as probable as the best one. 0 to 1; 0: off.</param>
/// <param name="RepeatPenalty">Of tokens among the last <see cref="RepeatPenalty.Window"/>, prompt included: positive logits
/// are divided by it, others multiplied. Finite, above 0; 1: off.</param>
/// <param name="Seed">Of the random numbers: equal seeds and logits give equal tokens, on every machine.</param>
public readonly record struct SamplingOptions(
    float Temperature = 0,
    int TopK = 0,
    float TopP = 1,
    float MinP = 0,
    float RepeatPenalty = 1,
    ulong Seed = 0)
{
    /// <summary>Checks every range.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, naming the option.</exception>
    public void Validate()
    {
        // Written so that NaN fails too.
        if (!(Temperature >= 0 && float.IsFinite(Temperature)))
        {
            throw Wrong("temperature", "a finite number, at least 0", Temperature);
        }
        if (TopK < 0)
        {
            throw Wrong("topK", "an integer, at least 0", TopK);
        }
        if (!(TopP >= 0 && TopP <= 1))
        {
            throw Wrong("topP", "a number from 0 to 1", TopP);
        }
        if (!(MinP >= 0 && MinP <= 1))
        {
            throw Wrong("minP", "a number from 0 to 1", MinP);
        }
        if (!(RepeatPenalty > 0 && float.IsFinite(RepeatPenalty)))
        {
            throw Wrong("repeatPenalty", "a finite number above 0", RepeatPenalty);
        }
    }

    private static RealmException Wrong(string option, string expected, float value) =>
        new(ErrorCode.InvalidArgument, $"{option} must be {expected}, not {value}");
}
