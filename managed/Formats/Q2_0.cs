using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>2.3 bits: 64 weights d·(q - 1), four consecutive ones a byte.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q2_0 : IUnpackedFormat<Q2_0>
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Four q a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 64;

    public static float Unpack(Q2_0* block, short* words)
    {
        // Shifted to the left by a factor for each weight, in the order of words, its two bits are the upper ones.
        Vector128<ushort> factors = Vector128.Create((ushort)(1 << 14), 1 << 10, 1 << 12, 1 << 8, 1 << 6, 1 << 2, 1 << 4, 1);
        for (int i = 0; i < 8; i++, words += 8)
        {
            Vector128<ushort> eight = Vector128.Create(((ushort*)block->Quants16)[i]) * factors;
            (Vector128.ShiftRightLogical(eight, 14).AsInt16() - Vector128.Create((short)1)).Store(words);
        }
        return (float)block->D;
    }
}
