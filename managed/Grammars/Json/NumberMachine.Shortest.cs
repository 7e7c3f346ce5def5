using System.Globalization;
using System.Numerics;

namespace Realm.Grammars.Json;

/// <summary>
/// How many more characters make a number that meets all: by arithmetic. A large divisor has as many remainders as states could be
/// searched through, but between two bounds its multiples are counted off.
/// </summary>
internal sealed partial class NumberMachine
{
    /// <summary>A divisor may have so many digits: a double tells no more of them apart.</summary>
    private const int MostDivisorDigits = ExactWholeDigits;

    /// <summary>So many divisors may be forbidden at once; with more the next number without them is not surely near.</summary>
    private const int MostForbidden = 8;

    /// <summary>Of numbers one behind the other so many suffice to meet one that none of the forbidden divisors divides (Jacobsthal).</summary>
    private const int MostNeighbours = 48;

    private static readonly BigInteger[] Powers = [.. Enumerable.Range(0, 64).Select(power => BigInteger.Pow(10, power))];

    /// <summary>Why numbers are not held; null where they are.</summary>
    public static string? NotHeld(NumberBounds bounds)
    {
        if (bounds.Multiple is { } multiple && DigitsOf(multiple) is > MostDivisorDigits and int digits)
        {
            return $"multipleOf is held up to {MostDivisorDigits} digits; this one, or the least common multiple of those that apply at "
                + $"the same time, has {digits}";
        }
        return bounds.NotMultiples.Count > MostForbidden
            ? $"more than {MostForbidden} multipleOf that must not be met by one number are not held" : null;
    }

    public override int Shortest(int state)
    {
        if (Accepts(state))
        {
            return 0;
        }
        At at = _states[state];
        if (at.Phase == Phase.Begin)
        {
            return Math.Min(AfterSign(state), Longer(AfterSign(Next(state, (byte)'-'))));
        }
        return at.Phase == Phase.Minus ? AfterSign(state) : Fewest(at);
    }

    /// <summary>With digits to come: a zero, or any other and more.</summary>
    private int AfterSign(int state) => Math.Min(Longer(Shortest(Next(state, (byte)'0'))), Fewest(_states[state]));

    private static int Longer(int length) => Math.Min(length + 1, ExpressionStore.NoText);

    /// <summary>The fewest characters that make a number of the digits so far.</summary>
    private int Fewest(At at)
    {
        bool isWhole = at.Phase is not (Phase.Dot or Phase.Fraction);
        int best = ExpressionStore.NoText;
        int leastWhole = at.Phase is Phase.Begin or Phase.Minus ? 1 : 0;
        int mostWhole = at.Phase is Phase.Zero || !isWhole ? 0 : _wholeDigits - at.Digits;
        for (int whole = leastWhole; whole <= mostWhole && whole < best; whole++)
        {
            int most = isWhole ? RoomOf(at.IsZero && whole == 0 ? 0 : at.Digits + whole) : at.Room - at.Digits;
            most = _divisor.IsZero ? most : Math.Min(most, Math.Max(at.Phase == Phase.Dot ? 1 : 0, _scale - (isWhole ? 0 : at.Digits)));
            // Zeros at the end change nothing: where the most digits make no number, fewer make none.
            if (most < 0 || !MakesNumber(at, whole, most))
            {
                continue;
            }
            for (int fraction = 0; fraction <= most; fraction++)
            {
                int length = whole + fraction + (isWhole && fraction > 0 ? 1 : 0);
                bool mayEnd = fraction > 0 || at.Phase != Phase.Dot;
                if (length < best && mayEnd && (fraction == most || MakesNumber(at, whole, fraction)))
                {
                    best = length;
                }
            }
        }
        return best;
    }

    /// <summary>Whether so many more digits before the point, and behind it, make a number.</summary>
    private bool MakesNumber(At at, int whole, int fraction)
    {
        int digits = whole + fraction, behind = (at.Phase == Phase.Fraction ? at.Digits : 0) + fraction;
        // What the new digits say, as one number. Digits that a divisor has no place for are zeros.
        BigInteger from = at.Phase is Phase.Begin or Phase.Minus ? Power(digits - 1) : 0;
        BigInteger to = !_divisor.IsZero && behind > _scale ? 0 : Power(digits) - 1;
        if (!IsSideRight(isZero: false, at.IsNegative))
        {
            to = at.IsZero ? 0 : -1;
        }
        if (at.IsZero && (at.IsNegative || !IsSideRight(isZero: true, isNegative: false)))
        {
            from = BigInteger.Max(from, 1);
        }
        int sign = at.IsNegative ? 1 : 0;
        bool lowOpen = at.IsNegative ? _bounds.IsHighOpen : _bounds.IsLowOpen;
        bool highOpen = at.IsNegative ? _bounds.IsLowOpen : _bounds.IsHighOpen;
        int low = Against(at, whole, at.Low, _low[sign]), high = Against(at, whole, at.High, _high[sign]);
        if (_low[sign].Exists && low == 0)
        {
            (BigInteger rest, bool isMore) = RestOf(at, _low[sign], digits, behind);
            from = BigInteger.Max(from, isMore || lowOpen ? rest + 1 : rest);
        }
        if (_high[sign].Exists && high == 0)
        {
            (BigInteger rest, bool isMore) = RestOf(at, _high[sign], digits, behind);
            to = BigInteger.Min(to, highOpen && !isMore ? rest - 1 : rest);
        }
        bool isOutside = _low[sign].Exists && low < 0 || _high[sign].Exists && high > 0;
        return !isOutside && from <= to && HasNumber(at, digits, behind, from, to);
    }

    /// <summary>How a number with so many more digits before the point compares with a bound: 0 where the new digits decide.</summary>
    private static int Against(At at, int whole, int compared, Bound bound)
    {
        return at.Phase is Phase.Dot or Phase.Fraction ? compared : ByLength(at with { Digits = at.Digits + whole }, compared, bound);
    }

    /// <summary>What the digits of a bound say in the place of the new ones, and whether it has more behind them.</summary>
    private static (BigInteger Said, bool IsMore) RestOf(At at, Bound bound, int digits, int behind)
    {
        string all = bound.Whole + bound.Fraction.PadRight(behind, '0')[..behind];
        ReadOnlySpan<char> rest = all.AsSpan(all.Length - digits);
        bool isMore = bound.Fraction.Length > behind && bound.Fraction.AsSpan(behind).ContainsAnyExcept('0');
        return (rest.IsEmpty ? 0 : BigInteger.Parse(rest, NumberStyles.None, CultureInfo.InvariantCulture), isMore);
    }

    /// <summary>Whether new digits between two numbers make a multiple that no forbidden divisor divides.</summary>
    private bool HasNumber(At at, int digits, int behind, BigInteger from, BigInteger to)
    {
        BigInteger step = 1;
        if (!_divisor.IsZero)
        {
            step = _divisor / BigInteger.GreatestCommonDivisor(_divisor, Power(Math.Max(0, _scale - behind)));
            int counted = Math.Max(0, digits - Math.Max(0, behind - _scale));
            BigInteger over = (at.Remainder * Power(counted) + from) % step;
            from += over.IsZero ? 0 : step - over;
        }
        if (_notDivisors.Length == 0)
        {
            return from <= to;
        }
        List<(BigInteger Before, BigInteger Divisor)> forbidden = Forbidden(at, digits, behind);
        for (int i = 0; i < MostNeighbours && from <= to; i++, from += step)
        {
            if (!forbidden.Exists(each => ((each.Before + from) % each.Divisor).IsZero))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The divisors that may still divide, in units of the last new digit, with the remainder of what stands before the new digits.</summary>
    private List<(BigInteger Before, BigInteger Divisor)> Forbidden(At at, int digits, int behind)
    {
        string[] rests = at.Others.Length == 0 ? [] : at.Others.Split(' ');
        var forbidden = new List<(BigInteger, BigInteger)>();
        for (int i = 0; i < _notDivisors.Length; i++)
        {
            string rest = rests.Length == 0 ? "0" : rests[i];
            if (rest == "x")
            {
                continue;
            }
            int beyond = Math.Max(0, behind - _notScales[i]), missing = Math.Max(0, _notScales[i] - behind);
            BigInteger divisor = _notDivisors[i] / BigInteger.GreatestCommonDivisor(_notDivisors[i], Power(missing));
            BigInteger before = BigInteger.Parse(rest, CultureInfo.InvariantCulture) * Power(Math.Max(0, digits - beyond)) % divisor;
            forbidden.Add((before * Power(beyond), divisor * Power(beyond)));
        }
        return forbidden;
    }

    private static BigInteger Power(int power) => power < Powers.Length ? Powers[power] : BigInteger.Pow(10, power);

    private static int DigitsOf(Exact value) => Text(value.Digits).Length;
}
