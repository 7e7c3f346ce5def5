using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>NVIDIA's 4-bit floating-point format: 4 groups of 16 weights scale/2·v, v being one of <see cref="NibbleValues.E2M1"/> (which are doubled).
/// Each 8 bytes hold 16 weights: byte i weights i (low) and 8 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct NVFP4 : IBlock<NVFP4>
{
    /// <summary>Scale of each group: a number without sign of 4 bits of exponent (bias 7) and 3 of mantissa; 127 is zero.</summary>
    public fixed byte Scales4[4];

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants32[32];

    public static int Elements => 64;

    public static void Decode(NVFP4* block, float* output)
    {
        for (int g = 0; g < 4; g++)
            NibbleValues.Decode(block->Quants32 + 8 * g, 8, NibbleValues.E2M1, Scale(block->Scales4[g]), output + 16 * g);
    }

    // Half of the scale: normal numbers need the exponent bias of single precision, subnormal ones (m·2^-10) come out of the subtraction.
    // Of a normal number the second is the larger one, of a subnormal one the first.
    private static float Scale(int bits)
    {
        bits &= 127;
        float normal = BitConverter.Int32BitsToSingle((bits << 20) + (119 << 23));
        float subnormal = BitConverter.Int32BitsToSingle((bits << 20) + (120 << 23)) - 0.0078125f;
        return bits == 127 ? 0 : Math.Min(normal, subnormal);
    }
}
