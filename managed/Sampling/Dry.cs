using Realm.Kernels;

namespace Realm.Sampling;

/// <summary>
/// "Don't repeat yourself" (p-e-w, 2024): a token that would go on with a repetition loses multiplier · base^(length - allowed), length being how many of the last
/// tokens stood before it elsewhere too. A repetition does not reach back over a sequence that breaks it.
/// </summary>
internal sealed class Dry : ILogitStep
{
    // Where base^exponent leaves single precision: ln of its largest number.
    private const double MostLog = 88.7228391;

    public static readonly SamplerOption[] Options =
    [
        new("dryMultiplier", o => o.DryMultiplier, (o, v) => o with { DryMultiplier = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "How much a token that would go on with a repetition loses at least. 0: off."),
        new("dryBase", o => o.DryBase, (o, v) => o with { DryBase = (float)v }, 0, float.MaxValue, "a finite number, at least 0",
            "How much faster it loses with each token of the repetition. Below 1: off."),
        new("dryAllowedLength", o => o.DryAllowedLength, (o, v) => o with { DryAllowedLength = (int)v }, 0, int.MaxValue, "an integer, at least 0",
            "The longest repetition that costs no more than the multiplier; shorter ones cost nothing.") { IsInteger = true },
        new("dryPenaltyLastN", o => o.DryPenaltyLastN, (o, v) => o with { DryPenaltyLastN = (int)v }, -1, int.MaxValue, "an integer, at least -1",
            "How many of the last tokens are searched for repetitions. 0: off; -1: all.") { IsInteger = true },
    ];

    private readonly int _window;
    private readonly int _allowed;
    private readonly float _multiplier;
    private readonly float _base;
    private readonly int _mostExponent;
    private readonly DryBreakers? _breakers;

    private Dry(SamplingOptions options, DryBreakers? breakers)
    {
        _window = options.DryPenaltyLastN;
        _allowed = options.DryAllowedLength;
        _multiplier = options.DryMultiplier;
        _base = options.DryBase;
        _mostExponent = _base > 1.000001f ? (int)(MostLog / Log.Compute((double)_base)) : int.MaxValue;
        _breakers = breakers;
    }

    public static Dry? Create(SamplingOptions o, DryBreakers? breakers) => o.DryMultiplier == 0 || o.DryBase < 1 || o.DryPenaltyLastN == 0 ? null : new Dry(o, breakers);

    /// <summary>Each token's mark is one more than the longest repetition that it would go on with.</summary>
    public ReadOnlySpan<int> Mark(History history, TokenMarks marks)
    {
        ReadOnlySpan<int> last = history.Last(_window);
        if (last.Length <= _allowed)
        {
            return default;
        }
        int limit = _breakers?.TokensSince(last) ?? last.Length;
        if (limit < _allowed)
        {
            return default;
        }
        Span<int> lengths = marks.List(last.Length);
        FindRepetitions(last, lengths);
        for (int back = 1; back < last.Length; back++)
        {
            int length = Math.Min(lengths[back], limit), next = last[^back];
            if (length >= _allowed && length >= marks.Of(next) && _breakers?.IsBreaker(next) != true)
            {
                marks.Set(next, length + 1);
            }
        }
        return last;
    }

    public float Change(float logit, int mark) => logit - _multiplier * Power.Compute(_base, Math.Min(mark - 1 - _allowed, _mostExponent));

    /// <summary>
    /// For each place so many tokens before the end: how many tokens before it are those before the end. Linear in the text's length (Gusfield's Z values of the reversed
    /// text): inside the stretch [from, to) that is known to equal the text's end, a length is known already, or known to reach the stretch's end.
    /// </summary>
    private static void FindRepetitions(ReadOnlySpan<int> text, Span<int> lengths)
    {
        int from = 0, to = 0;
        for (int back = 1; back < text.Length; back++)
        {
            int length = back < to ? Math.Min(lengths[back - from], to - back) : 0;
            while (back + length < text.Length && text[^(length + 1)] == text[^(back + length + 1)])
            {
                length++;
            }
            lengths[back] = length;
            if (back + length > to)
            {
                (from, to) = (back, back + length);
            }
        }
    }
}
