using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>2.1 bits: 256 weights d·(q - 1). 32 bytes hold 128 of them: bits 2j and 2j + 1 of byte i are weight 32j + i.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct TQ2_0 : IBlock<TQ2_0>
{
    /// <summary>Four q a byte.</summary>
    public fixed byte Quants64[64];

    /// <summary>Scale d.</summary>
    public Half D;

    public static int Elements => 256;

    public static void Decode(TQ2_0* block, float* output)
    {
        float d = (float)block->D;
        for (int i = 0; i < 256; i++)
            output[i] = d * ((block->Quants64[32 * (i / 128) + i % 32] >> i % 128 / 32 * 2 & 3) - 1);
    }
}
