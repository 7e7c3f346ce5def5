using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>
/// One block of each of 16 rows, on its way into a packed block: the same bytes, other order. `stride` bytes lie between the blocks of
/// neighbouring rows; of the last rows of a matrix there are only `count`, and the lanes of the others stay as they are.
/// </summary>
internal readonly unsafe struct BlockRows(long stride, int count)
{
    /// <summary>Puts `words` 32-bit words, which begin at `source` in the first row, side by side: word i of row r into lane r of vector i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PackWords(void* source, int words, byte* packed)
    {
        byte* from = (byte*)source;
        int word = 0;
        if (count == Lanes.Rows && Avx512F.IsSupported)
        {
            for (; word + 16 <= words; word += 16)
                Transpose16(from + 4 * word, (uint*)packed + Lanes.Rows * word);
        }
        if (count == Lanes.Rows && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            for (; word + 4 <= words; word += 4)
            {
                for (int row = 0; row < Lanes.Rows; row += 4)
                    Transpose4(from + 4 * word + row * stride, (uint*)packed + Lanes.Rows * word + row);
            }
        }
        for (; word < words; word++)
        {
            uint* to = (uint*)packed + Lanes.Rows * word;
            for (int row = 0; row < count; row++)
                to[row] = Unsafe.ReadUnaligned<uint>(from + row * stride + 4 * word);
        }
    }

    /// <summary>Puts the 16-bit number at `source` of each row side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PackHalves(void* source, byte* packed)
    {
        for (int row = 0; row < count; row++)
            ((ushort*)packed)[row] = Unsafe.ReadUnaligned<ushort>((byte*)source + row * stride);
    }

    /// <summary>Puts `halves` 16-bit numbers, which begin at `source` in the first row, side by side: number i of row r into lane r of vector i. Lanes of rows
    /// that are not there become zero.</summary>
    public void PackHalves(byte* source, int halves, byte* packed)
    {
        // Transposed in pairs, which are then taken apart.
        const int Pairs = 16;
        uint* pairs = stackalloc uint[Pairs * Lanes.Rows];
        new Span<uint>(pairs, Pairs * Lanes.Rows).Clear();
        int i = 0;
        for (; i + 2 * Pairs <= halves; i += 2 * Pairs)
        {
            PackWords(source + sizeof(ushort) * i, Pairs, (byte*)pairs);
            for (int pair = 0; pair < Pairs; pair++)
                TakeApart(pairs + pair * Lanes.Rows, (ushort*)packed + (long)(i + 2 * pair) * Lanes.Rows);
        }
        for (; i < halves; i++)
            PackHalves(source + sizeof(ushort) * i, packed + (long)i * Lanes.Rows * sizeof(ushort));
    }

    // The lower halves of sixteen words, then the upper ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeApart(uint* words, ushort* halves)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<uint> all = Vector512.Load(words);
            Avx512F.ConvertToVector256UInt16(all).Store(halves);
            Avx512F.ConvertToVector256UInt16(Vector512.ShiftRightLogical(all, 16)).Store(halves + Lanes.Rows);
            return;
        }
        Vector128<uint> low = Vector128.Create(0xffffu);
        for (int i = 0; i < Lanes.Rows; i += 8)
        {
            Vector128<uint> a = Vector128.Load(words + i), b = Vector128.Load(words + i + 4);
            Vector128.Narrow(a & low, b & low).Store(halves + i);
            Vector128.Narrow(Vector128.ShiftRightLogical(a, 16), Vector128.ShiftRightLogical(b, 16)).Store(halves + Lanes.Rows + i);
        }
    }

    /// <summary>Puts the byte at `source` of each row side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PackBytes(byte* source, byte* packed)
    {
        for (int row = 0; row < count; row++)
            packed[row] = source[row * stride];
    }

    // Sixteen words of sixteen rows: within 128 bits as below, then whole pieces of 128 bits change places.
    private void Transpose16(byte* from, uint* to)
    {
        Transpose4(from, out var a0, out var a1, out var a2, out var a3);
        Transpose4(from + 4 * stride, out var b0, out var b1, out var b2, out var b3);
        Transpose4(from + 8 * stride, out var c0, out var c1, out var c2, out var c3);
        Transpose4(from + 12 * stride, out var d0, out var d1, out var d2, out var d3);
        Store4(a0, b0, c0, d0, to);
        Store4(a1, b1, c1, d1, to + Lanes.Rows);
        Store4(a2, b2, c2, d2, to + 2 * Lanes.Rows);
        Store4(a3, b3, c3, d3, to + 3 * Lanes.Rows);
    }

    // Of four rows word i of each 128 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Transpose4(byte* from, out Vector512<uint> w0, out Vector512<uint> w1, out Vector512<uint> w2, out Vector512<uint> w3)
    {
        Vector512<uint> a = Vector512.Load((uint*)from), b = Vector512.Load((uint*)(from + stride));
        Vector512<uint> c = Vector512.Load((uint*)(from + 2 * stride)), d = Vector512.Load((uint*)(from + 3 * stride));
        Vector512<ulong> ab = Avx512F.UnpackLow(a, b).AsUInt64(), cd = Avx512F.UnpackLow(c, d).AsUInt64();
        Vector512<ulong> ab2 = Avx512F.UnpackHigh(a, b).AsUInt64(), cd2 = Avx512F.UnpackHigh(c, d).AsUInt64();
        w0 = Avx512F.UnpackLow(ab, cd).AsUInt32();
        w1 = Avx512F.UnpackHigh(ab, cd).AsUInt32();
        w2 = Avx512F.UnpackLow(ab2, cd2).AsUInt32();
        w3 = Avx512F.UnpackHigh(ab2, cd2).AsUInt32();
    }

    // Piece i of each of four times four rows becomes word 4i.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store4(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, uint* to)
    {
        Vector512<uint> even0 = Avx512F.Shuffle4x128(a, b, 0x88), even1 = Avx512F.Shuffle4x128(c, d, 0x88);
        Vector512<uint> odd0 = Avx512F.Shuffle4x128(a, b, 0xdd), odd1 = Avx512F.Shuffle4x128(c, d, 0xdd);
        Avx512F.Shuffle4x128(even0, even1, 0x88).Store(to);
        Avx512F.Shuffle4x128(odd0, odd1, 0x88).Store(to + 4 * Lanes.Rows);
        Avx512F.Shuffle4x128(even0, even1, 0xdd).Store(to + 8 * Lanes.Rows);
        Avx512F.Shuffle4x128(odd0, odd1, 0xdd).Store(to + 12 * Lanes.Rows);
    }

    // Four words of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Transpose4(byte* from, uint* to)
    {
        Vector128<uint> a = Vector128.Load((uint*)from), b = Vector128.Load((uint*)(from + stride));
        Vector128<uint> c = Vector128.Load((uint*)(from + 2 * stride)), d = Vector128.Load((uint*)(from + 3 * stride));
        Vector128<ulong> ab = Low(a, b).AsUInt64(), cd = Low(c, d).AsUInt64();
        Vector128<ulong> ab2 = High(a, b).AsUInt64(), cd2 = High(c, d).AsUInt64();
        Low(ab, cd).AsUInt32().Store(to);
        High(ab, cd).AsUInt32().Store(to + Lanes.Rows);
        Low(ab2, cd2).AsUInt32().Store(to + 2 * Lanes.Rows);
        High(ab2, cd2).AsUInt32().Store(to + 3 * Lanes.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Low(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> High(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Low(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> High(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
