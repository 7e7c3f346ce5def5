using System.Numerics;

namespace Realm.Grammars;

/// <summary>A set of byte values.</summary>
internal readonly record struct ByteSet(ulong A, ulong B, ulong C, ulong D)
{
    public static readonly ByteSet All = new(~0UL, ~0UL, ~0UL, ~0UL);

    public bool IsEmpty => (A | B | C | D) == 0;

    public int Count => BitOperations.PopCount(A) + BitOperations.PopCount(B) + BitOperations.PopCount(C) + BitOperations.PopCount(D);

    public static ByteSet Of(byte value) => Range(value, value);

    /// <summary>The bytes from one to another, both included.</summary>
    public static ByteSet Range(byte first, byte last)
    {
        return new ByteSet(Word(0), Word(64), Word(128), Word(192));

        ulong Word(int start)
        {
            int low = Math.Max(first - start, 0), high = Math.Min(last - start, 63);
            return low > high ? 0 : ~0UL << low & ~0UL >> (63 - high);
        }
    }

    public static ByteSet operator |(ByteSet x, ByteSet y) => new(x.A | y.A, x.B | y.B, x.C | y.C, x.D | y.D);

    public static ByteSet operator &(ByteSet x, ByteSet y) => new(x.A & y.A, x.B & y.B, x.C & y.C, x.D & y.D);

    public static ByteSet operator ~(ByteSet x) => new(~x.A, ~x.B, ~x.C, ~x.D);

    public bool Contains(int value) => (Word(value >> 6) >> (value & 63) & 1) != 0;

    /// <summary>The least member from a value on, or -1.</summary>
    public int Next(int from)
    {
        while (from < 256)
        {
            ulong rest = Word(from >> 6) >> (from & 63);
            if (rest != 0)
            {
                return from + BitOperations.TrailingZeroCount(rest);
            }
            from = (from | 63) + 1;
        }
        return -1;
    }

    private ulong Word(int index) => index switch { 0 => A, 1 => B, 2 => C, _ => D };
}
