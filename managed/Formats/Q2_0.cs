using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>2.3 bits: 64 weights d·(q - 1), four consecutive ones a byte.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q2_0 : IBlock<Q2_0>
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Four q a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 64;

    public static void Decode(Q2_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 64; i++)
            output[i] = d * ((block->Quants16[i / 4] >> i % 4 * 2 & 3) - 1);
    }
}
