using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>1.1 bits: 128 weights, d where the bit is 1 and -d where it is 0.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q1_0 : IBlock<Q1_0>
{
    /// <summary>Magnitude d.</summary>
    public Half D;

    /// <summary>Eight weights a byte.</summary>
    public fixed byte Signs16[16];

    public static int Elements => 128;

    public static void Decode(Q1_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 128; i++)
            output[i] = (block->Signs16[i / 8] >> i % 8 & 1) != 0 ? d : -d;
    }
}
