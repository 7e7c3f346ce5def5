using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>5 bits: 8 sub-blocks of 32 weights, d·scale·q - dmin·min, with 6-bit scales and minimums. 32 bytes hold the low four bits of two
/// sub-blocks: the low nibbles are one, the high nibbles the next. Bit j of <see cref="FifthBits"/>[i] belongs to weight i of sub-block j.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q5_K : IFormat<Q5_K>, ISuperblockTile
{
    /// <summary>Scale of the scales.</summary>
    public Half D;

    /// <summary>Scale of the minimums.</summary>
    public Half DMin;

    /// <summary>Scales and minimums: <see cref="SixBitScales"/>.</summary>
    public fixed byte Scales[12];

    /// <summary>The highest bits of q.</summary>
    public fixed byte FifthBits[32];

    /// <summary>The low four bits of q.</summary>
    public fixed byte Quants[128];

    public static int Elements => 256;

    public static void Decode(Q5_K* block, float* output)
    {
        float d = (float)block->D, dmin = (float)block->DMin;
        for (int j = 0; j < 8; j++)
        {
            (int scale, int min) = SixBitScales.Read(block->Scales, j);
            float s = d * scale, m = dmin * min;
            byte* q = block->Quants + 32 * (j / 2);
            int shift = j % 2 * 4;
            for (int i = 0; i < 32; i++)
                *output++ = s * (q[i] >> shift & 15 | (block->FifthBits[i] >> j & 1) << 4) - m;
        }
    }

    // Packed: the file's 32-bit words, transposed.
    public static bool IsFinite(byte* packed) => Finite.HalfPairs(packed);

    public static void Pack(Q5_K* block, BlockRows rows, byte* packed) => rows.PackWords(block, sizeof(Q5_K) / 4, packed);

    public static bool FifthBit => true;
}
