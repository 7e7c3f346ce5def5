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

    /// <summary>Puts the byte at `source` of each row side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PackBytes(byte* source, byte* packed)
    {
        for (int row = 0; row < count; row++)
            packed[row] = source[row * stride];
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
