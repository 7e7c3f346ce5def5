using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Formats;

/// <summary>The 4-bit floating-point format of the Open Compute Project: 32 weights 2^(e - 128)·v, v being one of <see cref="NibbleValues.E2M1"/>
/// (which are doubled, hence 128 and not 127). Byte i holds weights i (low) and 16 + i (high).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal unsafe struct MXFP4 : IFormat<MXFP4>, ITableTile
{
    /// <summary>Exponent e.</summary>
    public byte Exponent;

    /// <summary>Two nibbles a byte.</summary>
    public fixed byte Quants16[16];

    public static int Elements => 32;

    public static void Decode(MXFP4* block, float* output) => NibbleValues.Decode(block->Quants16, 16, NibbleValues.E2M1, Scale(block->Exponent), output);

    // 2^(e - 128): of 0 and 1 subnormal numbers. The largest of the two integers is the right one.
    private static float Scale(int e) => BitConverter.Int32BitsToSingle(Math.Max(e - 1 << 23, Math.Min(e + 1, 2) << 21));

    // From the scale 2^125 on the largest value, 12, is beyond single precision; 255 is no number by the format's definition.
    public static bool IsFinite(byte* packed) => Vector128.LessThanAll(Vector128.Load(packed), Vector128.Create((byte)LeastInfinite));

    private const byte LeastInfinite = 253;


    // Packed: 16 exponents, then four times 16 x 4 bytes of nibbles.
    public static void Pack(MXFP4* block, BlockRows rows, byte* packed)
    {
        rows.PackBytes(&block->Exponent, packed);
        rows.PackWords(block->Quants16, 4, packed + HeaderBytes);
    }

    public static int BlockElements => Elements;

    public static int HeaderBytes => 16;

    public static bool Sixteens => false;

    public static ReadOnlySpan<sbyte> Values => NibbleValues.E2M1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(byte* block, int group)
    {
        Vector512<int> e = Avx512F.ConvertToVector512Int32(Vector128.Load(block));
        Vector512<int> normal = Vector512.ShiftLeft(e - Vector512.Create(1), 23);
        Vector512<int> subnormal = Vector512.ShiftLeft(Vector512.Min(e + Vector512.Create(1), Vector512.Create(2)), 21);
        return Vector512.Max(normal, subnormal).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, int group, int half)
    {
        Vector256<int> e = Lanes.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)(block + 8 * half)).AsByte())).AsInt32();
        Vector256<int> normal = Vector256.ShiftLeft(e - Vector256.Create(1), 23);
        Vector256<int> subnormal = Vector256.ShiftLeft(Vector256.Min(e + Vector256.Create(1), Vector256.Create(2)), 21);
        return Vector256.Max(normal, subnormal).AsSingle();
    }

    public static float Scale1(byte* block, int group, int row) => Scale(block[row]);

    public static void WriteScale(in ScaleCode code, int group)
    {
        Assembler a = code.Assembler;
        a.Vpmovzxbd(code.First, code.At(0));
        a.Vpbroadcastd(code.To, a.Each(2));
        a.Vpaddd(code.Second, code.First, a.Each(1));
        a.Vpminsd(code.Second, code.Second, code.To);
        a.Vpslld(code.Second, code.Second, 21);
        a.Vpsubd(code.First, code.First, a.Each(1));
        a.Vpslld(code.First, code.First, 23);
        a.Vpmaxsd(code.To, code.First, code.Second);
    }
}
