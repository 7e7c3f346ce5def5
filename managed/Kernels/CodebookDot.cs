using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// Integer products of codebook formats with one token: for each row and each group of 32 weights, sum w·a = s1·(sum of the first 16 ±p·a) + s2·(sum of the
/// last 16). Points go from the codebook to the product in registers. Sums are exact, so it makes no difference that they go across lanes.
/// </summary>
/// <remarks>Eight weights and their activations lie in 128 bits. What is stored (places, signs) is read back in smaller pieces than it was written: the other
/// way round a load would wait until all stores before it are through.</remarks>
internal static unsafe class CodebookDot
{
    // In a shuffle: byte 1 to all bytes; nothing to the upper byte of each 16 bits.
    private const ulong First = 0x01010101_01010101, None = 0x80008000_80008000;

    // What is read of a block before its points: their places, at most 64, and the signs. No store crosses a line of the cache.
    private const int SignOffset = 64 * sizeof(ushort);
    private const int NoteBytes = 256;

    /// <summary>
    /// sums[8·row + g] = sum w·a of group g, and the row's scale (a half), for the block at `first` and the ones that follow it `stride` bytes apart, one of each of `rows`
    /// rows; `tile` holds 8 blocks of <see cref="Int16Activations"/>, of which the first token counts. Needs <see cref="Lanes.Narrow"/>.
    /// </summary>
    public static void Sums<T>(byte* first, long stride, int rows, byte* tile, ushort* scales, int* sums) where T : unmanaged, ICodebookBlock
    {
        if (Lanes.Wide)
            Wide<T>(first, stride, rows, tile, scales, sums);
        else
            Narrow<T>(first, stride, rows, tile, scales, sums);
    }

    /// <summary>512-bit: a group at a time.</summary>
    [SkipLocalsInit]
    internal static void Wide<T>(byte* block, long stride, int rows, byte* tile, ushort* scales, int* sums) where T : unmanaged, ICodebookBlock
    {
        byte* notes = stackalloc byte[2 * NoteBytes + 64];
        notes = (byte*)(((nint)notes + 63) & ~63);
        short* points = T.Points;
        const int Next = Int16Activations.BlockBytes;
        Vector512<short> x0 = Vector512.Load((short*)tile), x1 = Vector512.Load((short*)(tile + Next));
        Vector512<short> x2 = Vector512.Load((short*)(tile + 2 * Next)), x3 = Vector512.Load((short*)(tile + 3 * Next));
        Vector512<short> x4 = Vector512.Load((short*)(tile + 4 * Next)), x5 = Vector512.Load((short*)(tile + 5 * Next));
        Vector512<short> x6 = Vector512.Load((short*)(tile + 6 * Next)), x7 = Vector512.Load((short*)(tile + 7 * Next));
        Write<T>(block, notes);
        for (uint row = 0; row < (uint)rows; row++, block += stride, sums += 8)
        {
            // A row ahead, so that nothing waits for it.
            if (row + 1 < (uint)rows)
                Write<T>(block + stride, notes + (row + 1) % 2 * NoteBytes);
            Ask<T>(block + Lanes.Rows * stride);
            ushort* places = (ushort*)(notes + row % 2 * NoteBytes);
            byte* signs = (byte*)places + SignOffset;
            Vector512<int> low = Four(
                Group<T>(points, places, signs, 0, x0), Group<T>(points, places, signs, 1, x1),
                Group<T>(points, places, signs, 2, x2), Group<T>(points, places, signs, 3, x3));
            Vector512<int> high = Four(
                Group<T>(points, places, signs, 4, x4), Group<T>(points, places, signs, 5, x5),
                Group<T>(points, places, signs, 6, x6), Group<T>(points, places, signs, 7, x7));
            // First and last halves of groups 0 to 3, then of 4 to 7.
            Vector512<int> halves = Avx512F.Add(Avx512F.Shuffle4x128(low, high, 0x88), Avx512F.Shuffle4x128(low, high, 0xdd));
            T.Scales(block, out Vector256<int> s1, out Vector256<int> s2);
            halves *= Join(Avx2.Permute2x128(s1, s2, 0x20), Avx2.Permute2x128(s1, s2, 0x31));
            Vector512<int> all = Avx512F.Add(Avx512F.Shuffle4x128(halves, halves, 0x08), Avx512F.Shuffle4x128(halves, halves, 0x0d));
            all.GetLower().Store(sums);
            scales[row] = T.Scale(block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T>(byte* block, byte* note) where T : unmanaged, ICodebookBlock
    {
        T.StorePlaces(block, (ushort*)note);
        T.Signs(block).Store(note + SignOffset);
    }

    // Asks for the same block of the row that comes when 16 rows are done: blocks of 16 rows in turn are no stream that a processor would recognise.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask<T>(byte* block) where T : unmanaged, ICodebookBlock
    {
        Sse.Prefetch0(block);
        if (sizeof(T) > 64)
            Sse.Prefetch0(block + 64);
    }

    // Sixteen partial sums of a group, four a point of eight weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Group<T>(short* points, ushort* places, byte* signs, int group, Vector512<short> x) where T : unmanaged, ICodebookBlock
    {
        places += group * (32 / T.PointElements);
        Vector512<short> w = Join(
            Vector256.Create(Eight<T>(points, places, 0), Eight<T>(points, places, 1)),
            Vector256.Create(Eight<T>(points, places, 2), Eight<T>(points, places, 3)));
        Vector512<byte> four = Vector512.Create(*(int*)(signs + 4 * group)).AsByte();
        if (T.HasSigns)
        {
            // To each weight the byte with its sign, then a test of its bit.
            Vector512<short> bytes = Avx512BW.Shuffle(four, Vector512.Create(0UL, 0, First, First, 2 * First, 2 * First, 3 * First, 3 * First).AsByte()).AsInt16();
            Vector512<short> bits = Vector512.Create(0x00080002_00040001, 0x00800020_00400010, 0x00080002_00040001, 0x00800020_00400010,
                0x00080002_00040001, 0x00800020_00400010, 0x00080002_00040001, 0x00800020_00400010).AsInt16();
            w = Vector512.ConditionalSelect(Vector512.Equals(bytes & bits, Vector512<short>.Zero), w, Vector512<short>.Zero - w);
        }
        else
        {
            const ulong Place = First & 0x00ff_00ff_00ff_00ff;
            w -= Avx512BW.Shuffle(four, Vector512.Create(None, None, None + Place, None + Place, None + 2 * Place, None + 2 * Place, None + 3 * Place, None + 3 * Place).AsByte()).AsInt16();
        }
        return Avx512BW.MultiplyAddAdjacent(w, x);
    }

    // (Vector512.Create of two halves goes through memory in .NET 10.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<TNumber> Join<TNumber>(Vector256<TNumber> low, Vector256<TNumber> high) => low.ToVector512Unsafe().WithUpper(high);

    // Eight weights: a point, or two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Eight<T>(short* points, ushort* places, int i) where T : unmanaged, ICodebookBlock => T.PointElements == 8
        ? Vector128.Load(points + 4L * places[i])
        : Vector128.Create(((long*)points)[places[2 * i]], ((long*)points)[places[2 * i + 1]]).AsInt16();

    // In each 128 bits the sums of those of four vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Four(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d)
    {
        Vector512<long> ab = Avx512F.Add(Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b)).AsInt64();
        Vector512<long> cd = Avx512F.Add(Avx512F.UnpackLow(c, d), Avx512F.UnpackHigh(c, d)).AsInt64();
        return Avx512F.Add(Avx512F.UnpackLow(ab, cd).AsInt32(), Avx512F.UnpackHigh(ab, cd).AsInt32());
    }

    /// <summary>256-bit: half a group at a time.</summary>
    [SkipLocalsInit]
    internal static void Narrow<T>(byte* block, long stride, int rows, byte* tile, ushort* scales, int* sums) where T : unmanaged, ICodebookBlock
    {
        byte* notes = stackalloc byte[2 * NoteBytes + 64];
        notes = (byte*)(((nint)notes + 63) & ~63);
        short* points = T.Points;
        Write<T>(block, notes);
        for (uint row = 0; row < (uint)rows; row++, block += stride, sums += 8)
        {
            if (row + 1 < (uint)rows)
                Write<T>(block + stride, notes + (row + 1) % 2 * NoteBytes);
            Ask<T>(block + Lanes.Rows * stride);
            ushort* places = (ushort*)(notes + row % 2 * NoteBytes);
            byte* signs = (byte*)places + SignOffset;
            // Of two groups the halves' sums: first, last, first, last.
            Vector256<int> h01 = Two<T>(points, places, signs, 0, tile), h23 = Two<T>(points, places, signs, 2, tile);
            Vector256<int> h45 = Two<T>(points, places, signs, 4, tile), h67 = Two<T>(points, places, signs, 6, tile);
            T.Scales(block, out Vector256<int> s1, out Vector256<int> s2);
            Vector256<int> even = Avx2.Add(Avx2.Permute2x128(h01, h45, 0x20), Avx2.Permute2x128(h01, h45, 0x31)) * Avx2.UnpackLow(s1, s2);
            Vector256<int> odd = Avx2.Add(Avx2.Permute2x128(h23, h67, 0x20), Avx2.Permute2x128(h23, h67, 0x31)) * Avx2.UnpackHigh(s1, s2);
            Avx2.HorizontalAdd(even, odd).Store(sums);
            scales[row] = T.Scale(block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Two<T>(short* points, ushort* places, byte* signs, int group, byte* tile) where T : unmanaged, ICodebookBlock => Avx2.HorizontalAdd(
        Avx2.HorizontalAdd(Half<T>(points, places, signs, group, 0, tile), Half<T>(points, places, signs, group, 1, tile)),
        Avx2.HorizontalAdd(Half<T>(points, places, signs, group + 1, 0, tile), Half<T>(points, places, signs, group + 1, 1, tile)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Half<T>(short* points, ushort* places, byte* signs, int group, int half, byte* tile) where T : unmanaged, ICodebookBlock
    {
        places += group * (32 / T.PointElements);
        Vector256<short> w = Vector256.Create(Eight<T>(points, places, 2 * half), Eight<T>(points, places, 2 * half + 1));
        Vector256<byte> two = Vector256.Create(*(short*)(signs + 4 * group + 2 * half)).AsByte();
        if (T.HasSigns)
        {
            Vector256<short> bytes = Avx2.Shuffle(two, Vector256.Create(0UL, 0, First, First).AsByte()).AsInt16();
            Vector256<short> bits = Vector256.Create(0x00080002_00040001, 0x00800020_00400010, 0x00080002_00040001, 0x00800020_00400010).AsInt16();
            Vector256<short> negative = Avx2.CompareEqual(bytes & bits, bits);
            w = (w ^ negative) - negative;
        }
        else
        {
            const ulong Place = First & 0x00ff_00ff_00ff_00ff;
            w -= Avx2.Shuffle(two, Vector256.Create(None, None, None + Place, None + Place).AsByte()).AsInt16();
        }
        return Avx2.MultiplyAddAdjacent(w, Vector256.Load((short*)(tile + group * Int16Activations.BlockBytes) + 16 * half));
    }
}
