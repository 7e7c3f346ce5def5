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
        for (int i = 0; i < 64; i += 8)
        {
            Vector128<ushort> four = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)(block->Quants64 + i)).AsByte());
            short* to = words + i / 32 * 128 + i % 32;
            for (int j = 0; j < 4; j++, four = Vector128.ShiftRightLogical(four, 2))
                Words.Store((four & Vector128.Create((ushort)3)).AsInt16() - Vector128.Create((short)1), to + 32 * j);
        }
        return (float)block->D;
    }
}
