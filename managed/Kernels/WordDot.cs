using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>
/// What <see cref="WordGemm"/> computes for one token, from rows that lie as they were unpacked: integer sums are exact, so that they may go across lanes,
/// and no time is spent on putting 16 rows side by side for a single use.
/// </summary>
internal static unsafe class WordDot
{
    /// <summary>Whether this processor has a form of it.</summary>
    public static bool IsSupported => Lanes.Narrow;

    /// <summary>sums[16·b] = sum w·a of block b, for `blocks` blocks of 32 weights of one row; `tile` holds as many blocks of
    /// <see cref="Int16Activations"/>, of which the first token counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(short* words, byte* tile, int blocks, int* sums)
    {
        if (blocks == 8)
        {
            Vector256<int> first = Four(words, tile), second = Four(words + 128, tile + 4 * Int16Activations.BlockBytes);
            Vector256<int> all = Avx2.Add(Avx2.Permute2x128(first, second, 0x20), Avx2.Permute2x128(first, second, 0x31));
            for (int b = 0; b < 8; b++)
                sums[Lanes.Rows * b] = all.GetElement(b);
            return;
        }
        for (int b = 0; b < blocks; b++)
            sums[Lanes.Rows * b] = Vector256.Sum(Block(words + 32 * b, tile + Int16Activations.BlockBytes * b));
    }

    // In each half of 128 bits, half of the sums of four blocks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Four(short* words, byte* tile)
    {
        Vector256<int> two = Avx2.HorizontalAdd(Block(words, tile), Block(words + 32, tile + Int16Activations.BlockBytes));
        words += 64;
        tile += 2 * Int16Activations.BlockBytes;
        return Avx2.HorizontalAdd(two, Avx2.HorizontalAdd(Block(words, tile), Block(words + 32, tile + Int16Activations.BlockBytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Block(short* words, byte* tile) => Avx2.Add(
        Avx2.MultiplyAddAdjacent(Vector256.Load(words), Vector256.Load((short*)tile)),
        Avx2.MultiplyAddAdjacent(Vector256.Load(words + 16), Vector256.Load((short*)tile + 16)));

    /// <summary>output[16] += d·dy·sum, block after block: `sums` is (blocks, 16), `scales` d of 16 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(int* sums, int blocks, float* scales, byte* tile, float* output)
    {
        Vector256<float> c0 = Vector256.Load(output), c1 = Vector256.Load(output + 8);
        Vector256<float> d0 = Vector256.Load(scales), d1 = Vector256.Load(scales + 8);
        for (int b = 0; b < blocks; b++, sums += Lanes.Rows, tile += Int16Activations.BlockBytes)
        {
            Vector256<float> dy = Vector256.Create(*(float*)(tile + Int16Activations.ScaleOffset));
            c0 = Fma.MultiplyAdd(Avx.ConvertToVector256Single(Vector256.Load(sums)), d0 * dy, c0);
            c1 = Fma.MultiplyAdd(Avx.ConvertToVector256Single(Vector256.Load(sums + 8)), d1 * dy, c1);
        }
        c0.Store(output);
        c1.Store(output + 8);
    }
}
