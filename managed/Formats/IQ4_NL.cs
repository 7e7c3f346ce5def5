using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>4 bits: 32 weights d·v, v being one of <see cref="NibbleValues.IQ4"/>. Byte i holds weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct IQ4_NL : IFormat<IQ4_NL>, ITableTile
{
    /// <summary>Scale d.</summary>
    public Half D;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 32;

    public static void Decode(IQ4_NL* block, float* output) => NibbleValues.Decode(block->Quants16, 16, NibbleValues.IQ4, (float)block->D, output);

    // Packed: 16 x d, then four times 16 x 4 bytes of nibbles.
    public static bool IsFinite(byte* packed) => Finite.Halves(packed);

    public static void Pack(IQ4_NL* block, BlockRows rows, byte* packed)
    {
        rows.PackHalves(&block->D, packed);
        rows.PackWords(block->Quants16, 4, packed + HeaderBytes);
    }

    public static int BlockElements => Elements;

    public static int HeaderBytes => 32;

    public static bool Sixteens => false;

    public static ReadOnlySpan<sbyte> Values => NibbleValues.IQ4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block, int group) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int group, int half) => Halves.Load(block, half);

    public static float Scale1(byte* block, int group, int row) => Halves.Load1(block, row);

    public static void WriteScale(in ScaleCode code, int group)
    {
        code.Assembler.Vpmovzxwd(code.First, code.At(0));
        code.Half.First(code.To, code.First);
    }
}
