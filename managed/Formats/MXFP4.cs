using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>The 4-bit floating-point format of the Open Compute Project: 32 weights 2^(e - 128)·v, v being one of <see cref="NibbleValues.E2M1"/>
/// (which are doubled, hence 128 and not 127). Byte i holds weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct MXFP4 : IBlock<MXFP4>
{
    /// <summary>Exponent e.</summary>
    public byte Exponent;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 32;

    public static void Decode(MXFP4* block, float* output) => NibbleValues.Decode(block->Quants16, 16, NibbleValues.E2M1, Scale(block->Exponent), output);

    // 2^(e - 128): of 0 and 1 subnormal numbers. The largest of the two integers is the right one.
    private static float Scale(int e) => BitConverter.Int32BitsToSingle(Math.Max(e - 1 << 23, Math.Min(e + 1, 2) << 21));
}
