using System.Globalization;
using System.Numerics;

namespace Realm.Grammars.Json;

/// <summary>
/// Decimal numbers without exponent, between bounds and multiples of others, exactly: a state is what the digits so far have in common
/// with each bound, and their remainders. The value of the digits counts, not their text; zero has no sign. What a program reads as a double
/// is to be right too: where a value is asked for exactly there are no more digits than doubles tell apart.
/// </summary>
internal sealed partial class NumberMachine : ByteMachine
{
    private enum Phase
    {
        Begin,
        Minus,
        Zero,
        Whole,
        Dot,
        Fraction,
    }

    /// <summary>A state. Compared with a bound: -1 below it so far, 0 the same digits, 1 above.</summary>
    private readonly record struct At(
        Phase Phase, bool IsNegative, int Digits, int Room, int Low, int High, bool IsZero, BigInteger Remainder, string Others);

    /// <summary>A bound as the digits of its amount, for numbers of one sign.</summary>
    private readonly record struct Bound(bool Exists, string Whole, string Fraction);

    /// <summary>Digits of whole numbers, and of others, that a double holds apart from all others of as many digits.</summary>
    private const int ExactWholeDigits = 15, ExactDigits = 16;

    private static readonly BytePartition Digits = MakePartition();

    private readonly NumberBounds _bounds;
    private readonly int _wholeDigits;
    private readonly int _fractionDigits;
    private readonly bool _isExact;
    private readonly int _scale;
    private readonly BigInteger _divisor;
    private readonly BigInteger[] _notDivisors;
    private readonly int[] _notScales;
    private readonly Bound[] _low;
    private readonly Bound[] _high;
    private readonly List<At> _states = [];
    private readonly Dictionary<At, int> _numbers = [];
    private readonly Dictionary<int, int> _next = [];

    public NumberMachine(NumberBounds bounds)
    {
        bounds = bounds.OfDoubles();
        _bounds = bounds;
        _isExact = bounds.Multiple != null || bounds.NotMultiples.Count > 0 || bounds.Excluded.Count > 0;
        _wholeDigits = _isExact ? ExactWholeDigits : JsonNumbers.WholeDigits;
        foreach (Exact? bound in (ReadOnlySpan<Exact?>)[bounds.Low, bounds.High])
        {
            if (bound is { } value)
            {
                _wholeDigits = Math.Max(_wholeDigits, WholeOf(value).Length + 1);
                _fractionDigits = Math.Max(_fractionDigits, -value.Power);
            }
        }
        _fractionDigits = bounds.IsInteger ? 0 : Math.Max(_fractionDigits + 2, JsonNumbers.FractionDigits);
        Exact? divisor = bounds.Multiple;
        if (divisor is { } multiple)
        {
            _scale = Math.Max(0, -multiple.Power);
            _divisor = multiple.Scaled(-_scale);
            _wholeDigits = Math.Max(_wholeDigits, Math.Max(0, multiple.Power + 3));
        }
        _notScales = [.. bounds.NotMultiples.Select(each => Math.Max(0, -each.Power))];
        _notDivisors = [.. bounds.NotMultiples.Select(each => each.Scaled(-Math.Max(0, -each.Power)))];
        // For each sign the bounds of the amount: a negative number is above -5 when its amount is below 5.
        _low = [LowOf(bounds.Low, 1), LowOf(bounds.High, -1)];
        _high = [LowOf(bounds.High, 1), LowOf(bounds.Low, -1)];
        Start = Number(new At(Phase.Begin, false, 0, 0, 0, 0, true, 0, ""));
    }

    public int Start { get; }

    public override BytePartition Partition => Digits;

    public override int Next(int state, byte value)
    {
        int key = state << 8 | value;
        if (!_next.TryGetValue(key, out int next))
        {
            _next[key] = next = After(_states[state], (char)value) is { } at ? Number(at) : -1;
        }
        return next;
    }

    public override bool Accepts(int state)
    {
        At at = _states[state];
        if (at.Phase is Phase.Begin or Phase.Minus or Phase.Dot || at.IsNegative && at.IsZero)
        {
            return false;
        }
        int sign = at.IsNegative ? 1 : 0;
        if (!IsSideRight(at.IsZero, at.IsNegative))
        {
            return false;
        }
        int low = Final(at, at.Low, _low[sign]), high = Final(at, at.High, _high[sign]);
        bool lowOpen = at.IsNegative ? _bounds.IsHighOpen : _bounds.IsLowOpen;
        bool highOpen = at.IsNegative ? _bounds.IsLowOpen : _bounds.IsHighOpen;
        if (_low[sign].Exists && (low < 0 || low == 0 && lowOpen) || _high[sign].Exists && (high > 0 || high == 0 && highOpen))
        {
            return false;
        }
        int fraction = at.Phase == Phase.Fraction ? at.Digits : 0;
        BigInteger rest = _divisor.IsZero ? 0 : at.Remainder * BigInteger.Pow(10, Math.Max(0, _scale - fraction)) % _divisor;
        return rest.IsZero && NoneDivides(at, fraction);
    }

    /// <summary>Where a bound has the other sign, it decides without digits.</summary>
    private bool IsSideRight(bool isZero, bool isNegative)
    {
        int sign = isZero ? 0 : isNegative ? -1 : 1;
        if (_bounds.Low is { } low && (sign < 0 && low.Sign >= 0 || sign == 0 && (low.Sign > 0 || low.Sign == 0 && _bounds.IsLowOpen)))
        {
            return false;
        }
        return !(_bounds.High is { } high
            && (sign > 0 && high.Sign <= 0 || sign == 0 && (high.Sign < 0 || high.Sign == 0 && _bounds.IsHighOpen)));
    }

    private At? After(At at, char value)
    {
        switch (at.Phase)
        {
            case Phase.Begin when value == '-':
                return at with { Phase = Phase.Minus, IsNegative = true };
            case Phase.Begin or Phase.Minus when value is >= '0' and <= '9':
                return Whole(at with { Phase = value == '0' ? Phase.Zero : Phase.Whole }, value);
            case Phase.Whole when value is >= '0' and <= '9' && at.Digits < _wholeDigits:
                return Whole(at, value);
            case Phase.Zero or Phase.Whole when value == '.' && _fractionDigits > 0:
                int sign = at.IsNegative ? 1 : 0;
                return at with
                {
                    Phase = Phase.Dot,
                    Low = ByLength(at, at.Low, _low[sign]),
                    High = ByLength(at, at.High, _high[sign]),
                    Digits = 0,
                    Room = RoomOf(at.IsZero ? 0 : at.Digits),
                };
            case Phase.Dot or Phase.Fraction when value is >= '0' and <= '9' && at.Digits < at.Room:
                return Fraction(at, value);
            default:
                return null;
        }
    }

    /// <summary>Digits behind the point, if so many that count are before it.</summary>
    private int RoomOf(int whole) => _isExact && _fractionDigits > 0 ? Math.Clamp(ExactDigits - whole, 1, _fractionDigits) : _fractionDigits;

    private At? Whole(At at, char digit)
    {
        int sign = at.IsNegative ? 1 : 0;
        return at with
        {
            Digits = at.Digits + 1,
            Low = Compare(at.Low, digit, _low[sign].Whole, at.Digits),
            High = Compare(at.High, digit, _high[sign].Whole, at.Digits),
            IsZero = at.IsZero && digit == '0',
            Remainder = _divisor.IsZero ? 0 : (at.Remainder * 10 + (digit - '0')) % _divisor,
            Others = Others(at.Others, digit, _ => true),
        };
    }

    private At? Fraction(At at, char digit)
    {
        int sign = at.IsNegative ? 1 : 0;
        BigInteger remainder = at.Remainder;
        if (!_divisor.IsZero)
        {
            if (at.Digits >= _scale && digit != '0')
            {
                return null;
            }
            remainder = at.Digits < _scale ? (remainder * 10 + (digit - '0')) % _divisor : remainder;
        }
        return at with
        {
            Phase = Phase.Fraction,
            Digits = at.Digits + 1,
            Low = Compare(at.Low, digit, _low[sign].Fraction, at.Digits),
            High = Compare(at.High, digit, _high[sign].Fraction, at.Digits),
            IsZero = at.IsZero && digit == '0',
            Remainder = remainder,
            Others = Others(at.Others, digit, i => at.Digits < _notScales[i]),
        };
    }

    /// <summary>The remainders by numbers that must not divide: each with whether a digit beyond its scale was not zero.</summary>
    private string Others(string others, char digit, Func<int, bool> counts)
    {
        if (_notDivisors.Length == 0)
        {
            return "";
        }
        string[] parts = others.Length == 0 ? [.. _notDivisors.Select(_ => "0")] : others.Split(' ');
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] == "x")
            {
                continue;
            }
            parts[i] = counts(i)
                ? Text((BigInteger.Parse(parts[i], CultureInfo.InvariantCulture) * 10 + (digit - '0')) % _notDivisors[i])
                : digit == '0' ? parts[i] : "x";
        }
        return string.Join(' ', parts);
    }

    private bool NoneDivides(At at, int fraction)
    {
        if (_notDivisors.Length == 0)
        {
            return true;
        }
        string[] parts = at.Others.Split(' ');
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] != "x")
            {
                BigInteger rest = BigInteger.Parse(parts[i], CultureInfo.InvariantCulture);
                if ((rest * BigInteger.Pow(10, Math.Max(0, _notScales[i] - fraction)) % _notDivisors[i]).IsZero)
                {
                    return false;
                }
            }
        }
        return true;
    }

    private static int Compare(int before, char digit, string bound, int index)
    {
        return before != 0 ? before : digit.CompareTo(index < bound.Length ? bound[index] : '0') switch { < 0 => -1, > 0 => 1, _ => 0 };
    }

    /// <summary>A whole part with fewer digits is less, whatever they are.</summary>
    private static int ByLength(At at, int compared, Bound bound)
    {
        return at.Digits == bound.Whole.Length ? compared : at.Digits < bound.Whole.Length ? -1 : 1;
    }

    private static int Final(At at, int compared, Bound bound)
    {
        if (at.Phase is Phase.Zero or Phase.Whole)
        {
            compared = ByLength(at, compared, bound);
            return compared == 0 && bound.Fraction.Length > 0 ? -1 : compared;
        }
        // Digits of the bound that were not written are zeros of the number.
        bool isShort = bound.Fraction.Length > at.Digits && bound.Fraction.AsSpan(at.Digits).ContainsAnyExcept('0');
        return compared == 0 && isShort ? -1 : compared;
    }

    private static string WholeOf(Exact value)
    {
        return Text(BigInteger.Abs(value.Power >= 0 ? value.Scaled(0) : value.Digits / BigInteger.Pow(10, -value.Power)));
    }

    private static Bound LowOf(Exact? bound, int sign)
    {
        // A bound of the other sign says nothing of amounts; zero bounds amounts of both.
        if (bound is not { } value || value.Sign != 0 && value.Sign != sign)
        {
            return new Bound(false, "0", "");
        }
        string fraction = value.Power >= 0 ? ""
            : Text(BigInteger.Abs(value.Digits % BigInteger.Pow(10, -value.Power))).PadLeft(-value.Power, '0');
        return new Bound(true, WholeOf(value), fraction);
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private int Number(At at)
    {
        if (!_numbers.TryGetValue(at, out int number))
        {
            number = _states.Count;
            _states.Add(at);
            _numbers[at] = number;
        }
        return number;
    }

    private static BytePartition MakePartition()
    {
        BytePartition all = BytePartition.Of(ByteSet.Of((byte)'-'));
        all = BytePartition.Meet(all, BytePartition.Of(ByteSet.Of((byte)'.')));
        for (char digit = '0'; digit <= '9'; digit++)
        {
            all = BytePartition.Meet(all, BytePartition.Of(ByteSet.Of((byte)digit)));
        }
        return all;
    }
}
