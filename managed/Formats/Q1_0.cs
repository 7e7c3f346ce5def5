using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realm.Formats;

/// <summary>1.1 bits: 128 weights, d where the bit is 1 and -d where it is 0.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q1_0 : IUnpackedFormat<Q1_0>
{
    /// <summary>Magnitude d.</summary>
    public Half D;

    /// <summary>Eight weights a byte.</summary>
    public fixed byte Signs16[16];

    public static int Elements => 128;

    public static float Unpack(Q1_0* block, short* words)
    {
        short* signs = Codebook.Signs;
        for (int i = 0; i < 16; i++, words += 8)
        {
            // -1 where the bit is 1 becomes 1, 0 becomes -1.
            Vector128<short> set = Vector128.Load(signs + 8 * block->Signs16[i]);
            (Vector128.Create((short)-1) - (set + set)).Store(words);
        }
        return (float)block->D;
    }
}
