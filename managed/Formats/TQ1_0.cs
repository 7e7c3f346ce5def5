using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>1.7 bits: 256 weights d·t, t being -1, 0 or 1. Five of them are one byte: its value by 256 is, rounded up, the ternary fraction whose digits
/// are t + 1.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ1_0 : IUnpackedFormat<TQ1_0>
{
    /// <summary>Digit n of byte i is weight 32n + i for the first 32 bytes, weight 160 + 16n + i - 32 for the other 16.</summary>
    public fixed byte Fives48[48];

    /// <summary>Digit n (0 to 3) of byte i is weight 240 + 4n + i.</summary>
    public fixed byte Fours4[4];

    /// <summary>Scale d.</summary>
    public Half D;

    public static int Elements => 256;

    public static float Unpack(TQ1_0* block, short* words)
    {
        for (int i = 0; i < 48; i += 8)
        {
            short* to = i < 32 ? words + i : words + 160 + i - 32;
            Vector128<ushort> fractions = Words.Order(*(ulong*)(block->Fives48 + i));
            for (int n = 0; n < 5; n++, to += i < 32 ? 32 : 16)
                NextDigits(ref fractions).Store(to);
        }
        Vector128<ushort> last = Words.Order(*(uint*)block->Fours4);
        for (int n = 0; n < 4; n++)
            *(long*)(words + 240 + 4 * n) = NextDigits(ref last).AsInt64().ToScalar();
        return (float)block->D;
    }

    // Three times a fraction is its first digit and, behind the point, the other digits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> NextDigits(ref Vector128<ushort> fractions)
    {
        fractions *= Vector128.Create((ushort)3);
        Vector128<short> digits = Vector128.ShiftRightLogical(fractions, 8).AsInt16() - Vector128.Create((short)1);
        fractions &= Vector128.Create((ushort)255);
        return digits;
    }
}
