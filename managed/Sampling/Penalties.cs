namespace Realm.Sampling;

/// <summary>
/// Makes tokens that came lately less likely. Repetition penalty (Keskar et al., "CTRL", 2019): a positive logit is divided by it, any other multiplied (dividing a
/// negative one would make its token likelier), once however often the token came. Frequency and presence penalty: subtracted for each time it came, and
/// once if it came.
/// </summary>
internal sealed class Penalties(int window, float repeat, float frequency, float presence) : ILogitStep
{
    /// <summary>How many of the last tokens count unless asked otherwise: llama.cpp's default.</summary>
    public const int DefaultWindow = 64;

    public static readonly SamplerOption[] Options =
    [
        new("repeatPenalty", o => o.RepeatPenalty, (o, v) => o with { RepeatPenalty = (float)v }, float.Epsilon, float.MaxValue, "a finite number above 0",
            "Of tokens that came lately, positive logits are divided by it, others multiplied. 1: off."),
        new("repeatLastN", o => o.RepeatLastN, (o, v) => o with { RepeatLastN = (int)v }, -1, int.MaxValue, "an integer, at least -1",
            "How many of the last tokens, prompt included, these three penalties look at. -1: all.") { IsInteger = true },
        new("frequencyPenalty", o => o.FrequencyPenalty, (o, v) => o with { FrequencyPenalty = (float)v }, float.MinValue, float.MaxValue, "a finite number",
            "Subtracted from a token's logit for each time it came. 0: off."),
        new("presencePenalty", o => o.PresencePenalty, (o, v) => o with { PresencePenalty = (float)v }, float.MinValue, float.MaxValue, "a finite number",
            "Subtracted from a token's logit if it came. 0: off."),
    ];

    public static Penalties? Create(SamplingOptions o, DryBreakers? breakers) => o.RepeatLastN == 0 || (o.RepeatPenalty, o.FrequencyPenalty, o.PresencePenalty) == (1, 0, 0)
        ? null
        : new Penalties(o.RepeatLastN, o.RepeatPenalty, o.FrequencyPenalty, o.PresencePenalty);

    /// <summary>Each token's mark is how often it came.</summary>
    public ReadOnlySpan<int> Mark(History history, TokenMarks marks)
    {
        ReadOnlySpan<int> last = history.Last(window);
        foreach (int token in last)
        {
            marks.Set(token, marks.Of(token) + 1);
        }
        return last;
    }

    public float Change(float logit, int mark)
    {
        float repeated = logit > 0 ? logit / repeat : logit * repeat;
        return repeated - ((mark * frequency) + presence);
    }
}
