using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>1.1 bits: 128 weights, d where the bit is 1 and -d where it is 0.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct Q1_0 : IFormat<Q1_0>, IDigitTile
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

    // Packed: 16 x d, then four times 16 x 4 bytes, their bits arranged.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(Q1_0* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Signs16, DigitPlanes.Words, packed + 32);
        DigitPlanes.Arrange(packed + 32, 1);
    }

    public static int BlockElements => Elements;

    public static int Words => DigitPlanes.Words;

    public static int Base => 2;

    public static int Word(int half) => 0;

    public static int Digit(int half) => half;
}
