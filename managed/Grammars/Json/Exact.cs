using System.Globalization;
using System.Numerics;

namespace Realm.Grammars.Json;

/// <summary>A decimal number, exactly: digits times a power of ten, without zeros at the end.</summary>
internal readonly struct Exact : IEquatable<Exact>, IComparable<Exact>
{
    /// <summary>Numbers with more digits or larger powers are an error: their arithmetic would take long.</summary>
    private const int MostDigits = 400;

    public Exact(BigInteger digits, int power)
    {
        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            power++;
        }
        Digits = digits;
        Power = digits.IsZero ? 0 : power;
    }

    public BigInteger Digits { get; }

    public int Power { get; }

    public bool IsInteger => Power >= 0;

    public int Sign => Digits.Sign;

    /// <summary>A number as JSON writes it; null if it has too many digits.</summary>
    public static Exact? Parse(string text)
    {
        int e = text.AsSpan().IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = e < 0 ? text : text.AsSpan(0, e);
        int power = 0;
        if (e >= 0 && (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power)
            || power is < -MostDigits or > MostDigits))
        {
            return null;
        }
        int dot = mantissa.IndexOf('.');
        string digits = dot < 0 ? mantissa.ToString() : string.Concat(mantissa[..dot], mantissa[(dot + 1)..]);
        return digits.Length > MostDigits ? null
            : new Exact(BigInteger.Parse(digits, CultureInfo.InvariantCulture), power - (dot < 0 ? 0 : mantissa.Length - dot - 1));
    }

    public int CompareTo(Exact other)
    {
        int power = Math.Min(Power, other.Power);
        return Scaled(power).CompareTo(other.Scaled(power));
    }

    /// <summary>The number divided by a power of ten, which must leave no fraction.</summary>
    public BigInteger Scaled(int power) => Digits * BigInteger.Pow(10, Power - power);

    public bool IsMultipleOf(Exact divisor)
    {
        int power = Math.Min(Power, divisor.Power);
        return (Scaled(power) % divisor.Scaled(power)).IsZero;
    }

    /// <summary>The least common multiple of two positive numbers.</summary>
    public static Exact LeastCommonMultiple(Exact x, Exact y)
    {
        int power = Math.Min(x.Power, y.Power);
        BigInteger a = x.Scaled(power), b = y.Scaled(power);
        return new Exact(a / BigInteger.GreatestCommonDivisor(a, b) * b, power);
    }

    /// <summary>As JavaScript writes a number of this value that it can hold.</summary>
    public override string ToString()
    {
        string digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture);
        string sign = Sign < 0 ? "-" : "";
        int point = digits.Length + Power;
        if (point is > 21 or <= -6)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}";
        }
        return sign + (point <= 0 ? "0." + new string('0', -point) + digits
            : point >= digits.Length ? digits + new string('0', point - digits.Length)
            : digits[..point] + "." + digits[point..]);
    }

    /// <summary>Without exponent.</summary>
    public string ToPlainString()
    {
        string digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(0, -Power) + 1, '0');
        string text = Power >= 0 ? digits + new string('0', Power) : digits[..^-Power] + "." + digits[^-Power..];
        return Sign < 0 ? "-" + text : text;
    }

    public bool Equals(Exact other) => Digits == other.Digits && Power == other.Power;

    public override bool Equals(object? other) => other is Exact exact && Equals(exact);

    public override int GetHashCode() => HashCode.Combine(Digits, Power);
}
