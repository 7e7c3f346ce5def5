using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Formats;

/// <summary>What the codebook formats share when the bits of a whole block are taken apart at once, for <see cref="Kernels.CodebookDot"/>. AVX2.</summary>
internal static unsafe class CodebookBits
{
    /// <summary>Stores sixteen places in a codebook: bytes shifted to the left, and upper bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* low, int shift, Vector256<ushort> high, ushort* places) =>
        (Vector256.ShiftLeft(Avx2.ConvertToVector256Int16(low).AsUInt16(), shift) | high).Store(places);

    /// <summary>Of four bytes, from byte `first` of eight on, each four times, in the lower halves of 16-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Fours(ulong bytes, int first)
    {
        ushort a = (ushort)(0x8000 | first), b = (ushort)(a + 1), c = (ushort)(a + 2), d = (ushort)(a + 3);
        return Spread(Vector128.Create(bytes), Vector256.Create(a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d));
    }

    /// <summary>The same of two bytes, each eight times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Eights(ulong bytes, int first)
    {
        ulong a = 0x8000_8000_8000_8000 | (ulong)first * 0x0001_0001_0001_0001, b = a + 0x0001_0001_0001_0001;
        return Spread(Vector128.Create(bytes), Vector256.Create(a, a, b, b).AsUInt16());
    }

    /// <summary>Sixteen 16-bit numbers from bytes: `order` names two for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Spread(Vector128<ulong> bytes, Vector256<ushort> order) =>
        Avx2.Shuffle(Vector256.Create(bytes, bytes).AsByte(), order.AsByte()).AsUInt16();

    /// <summary>Of each 32 bits four times seven, lowest first, to four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Sevens(Vector256<uint> groups) => (
        (groups & Vector256.Create(0x7fu)) | (Vector256.ShiftLeft(groups, 1) & Vector256.Create(0x7f00u)) |
        (Vector256.ShiftLeft(groups, 2) & Vector256.Create(0x7f0000u)) | (Vector256.ShiftLeft(groups, 3) & Vector256.Create(0x7f000000u))).AsByte();

    /// <summary>Seven signs a byte to eight, the number of negative ones being even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Even(Vector256<byte> sevens)
    {
        // 128 for four bits of which an odd number is 1.
        Vector128<byte> four = Vector128.Create((byte)0, 128, 128, 0, 128, 0, 0, 128, 128, 0, 0, 128, 0, 128, 128, 0);
        Vector256<byte> odd = Vector256.Create(four, four);
        Vector256<byte> upper = Vector256.ShiftRightLogical(sevens.AsUInt16(), 4).AsByte() & Vector256.Create((byte)15);
        return sevens ^ Avx2.Shuffle(odd, sevens & Vector256.Create((byte)15)) ^ Avx2.Shuffle(odd, upper);
    }

    /// <summary>2s + 1 for s in the lower and in the upper four bits of eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* nibbles, out Vector256<int> first, out Vector256<int> last)
    {
        Vector256<int> bytes = Avx2.ConvertToVector256Int32(nibbles), one = Vector256.Create(1);
        first = (Vector256.ShiftLeft(bytes, 1) & Vector256.Create(30)) | one;
        last = (Vector256.ShiftRightLogical(bytes, 3) & Vector256.Create(30)) | one;
    }
}
