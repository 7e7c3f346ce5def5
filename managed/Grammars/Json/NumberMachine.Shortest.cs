using System.Numerics;

namespace Realm.Grammars.Json;

/// <summary>How many more digits make a multiple: by arithmetic, since a large divisor has as many remainders.</summary>
internal sealed partial class NumberMachine
{
    /// <summary>Together with bounds, remainders are searched: so large may a divisor be at most.</summary>
    public const int LargestBoundDivisor = 10_000;

    /// <summary>Whether a divisor is too large to be met together with what else is asked.</summary>
    public static bool IsTooLarge(NumberBounds bounds)
    {
        return bounds.Multiple is { } multiple && (bounds.Low != null || bounds.High != null || bounds.NotMultiples.Count > 0)
            && multiple.Scaled(-Math.Max(0, -multiple.Power)) > LargestBoundDivisor;
    }

    public override int Shortest(int state)
    {
        At at = _states[state];
        if (_divisor.IsZero || _bounds.Low != null || _bounds.High != null || _notDivisors.Length > 0 || at.IsNegative && at.IsZero
            || at.Phase is not (Phase.Whole or Phase.Dot or Phase.Fraction))
        {
            return -1;
        }
        int best = ExpressionStore.NoText;
        bool isWhole = at.Phase == Phase.Whole;
        int mostWhole = isWhole ? _wholeDigits - at.Digits : 0;
        int mostFraction = Math.Min(_scale, isWhole ? _fractionDigits : at.Room) - (isWhole ? 0 : at.Digits);
        for (int whole = 0; whole <= mostWhole && whole < best; whole++)
        {
            for (int fraction = 0; fraction <= Math.Max(mostFraction, 0); fraction++)
            {
                if (at.Phase == Phase.Dot && fraction == 0)
                {
                    continue;
                }
                int cost = whole + fraction + (isWhole && fraction > 0 ? 1 : 0);
                if (cost < best && HasMultiple(at.Remainder, whole + fraction, Math.Max(0, mostFraction - fraction)))
                {
                    best = cost;
                }
            }
        }
        // A point of which the scale wants no digit still needs one.
        return best == ExpressionStore.NoText ? -1 : best;
    }

    /// <summary>Whether so many more digits, and zeros for the digits that are then missing to the scale, make a multiple.</summary>
    private bool HasMultiple(BigInteger remainder, int digits, int missing)
    {
        BigInteger divisor = _divisor / BigInteger.GreatestCommonDivisor(_divisor, BigInteger.Pow(10, missing));
        BigInteger span = BigInteger.Pow(10, digits), over = remainder * span % divisor;
        return over.IsZero || divisor - over < span;
    }
}
