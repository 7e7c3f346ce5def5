using System.Runtime.InteropServices;

namespace Realm.Formats;

/// <summary>4 bits: 32 weights d·v, v being one of <see cref="NibbleValues.IQ4"/>. Byte i holds weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ4_NL : IBlock<IQ4_NL>
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 32;

    public static void Decode(IQ4_NL* block, float* output) => NibbleValues.Decode(block->Quants16, 16, NibbleValues.IQ4, (float)block->D, output);
}
