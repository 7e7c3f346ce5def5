using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>2.1 bits: 256 weights d·(q - 1). 32 bytes hold 128 of them: bits 2j and 2j + 1 of byte i are weight 32j + i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ2_0 : IUnpackedFormat<TQ2_0>
{
    /// <summary>Four q a byte.</summary>
    public fixed byte Quants64[64];

    /// <summary>Scale d.</summary>
    public Half D;

    public static int Elements => 256;

    public static float Unpack(TQ2_0* block, short* words)
    {
        Vector128<short> one = Vector128.Create((short)1);
        Vector128<ushort> three = Vector128.Create((ushort)3);
        for (int i = 0; i < 64; i += 8)
        {
            Vector128<ushort> four = Words.Order(*(ulong*)(block->Quants64 + i));
            short* to = words + (i & 32) * 4 + (i & 31);
            ((four & three).AsInt16() - one).Store(to);
            ((Vector128.ShiftRightLogical(four, 2) & three).AsInt16() - one).Store(to + 32);
            ((Vector128.ShiftRightLogical(four, 4) & three).AsInt16() - one).Store(to + 64);
            (Vector128.ShiftRightLogical(four, 6).AsInt16() - one).Store(to + 96);
        }
        return (float)block->D;
    }
}
