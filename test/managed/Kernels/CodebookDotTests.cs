using System.Runtime.InteropServices;
using Realm.Formats;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>Both vector forms of the products of codebook formats against a plain loop over the unpacked weights.</summary>
public unsafe class CodebookDotTests
{
    [Fact]
    public void IQ1_S_is_the_plain_loop() => Check<IQ1_S>();

    [Fact]
    public void IQ1_M_is_the_plain_loop() => Check<IQ1_M>();

    [Fact]
    public void IQ2_XXS_is_the_plain_loop() => Check<IQ2_XXS>();

    [Fact]
    public void IQ2_XS_is_the_plain_loop() => Check<IQ2_XS>();

    [Fact]
    public void IQ2_S_is_the_plain_loop() => Check<IQ2_S>();

    [Fact]
    public void IQ3_XXS_is_the_plain_loop() => Check<IQ3_XXS>();

    [Fact]
    public void IQ3_S_is_the_plain_loop() => Check<IQ3_S>();

    // Scales that are not finite end the pass before anybody uses them.
    private static float Scale<T>(ushort half) where T : unmanaged, IUnpackedFormat<T>, ICodebookBlock =>
        Half.IsFinite(BitConverter.UInt16BitsToHalf(half)) ? Lanes.HalfToSingle(half) * T.Unit : float.NaN;

    private static void Check<T>() where T : unmanaged, IUnpackedFormat<T>, ICodebookBlock
    {
        // Every bit of a block decides something, so random bytes are all there is to try. Rows lie one block further apart than they must.
        const int Rows = 300, Groups = 8;
        T[] blocks = new T[2 * Rows];
        Random random = new(5);
        random.NextBytes(MemoryMarshal.AsBytes(blocks.AsSpan()));
        byte[] tile = new byte[Groups * Int16Activations.BlockBytes];
        random.NextBytes(tile);
        int[] expected = new int[Groups * Rows], wide = new int[Groups * Rows], narrow = new int[Groups * Rows];
        float[] scales = new float[Rows];
        ushort[] wideScales = new ushort[Rows], narrowScales = new ushort[Rows];
        short* words = stackalloc short[T.Elements];
        fixed (T* b = blocks)
        fixed (byte* a = tile)
        fixed (int* w = wide, n = narrow)
        fixed (ushort* ws = wideScales, ns = narrowScales)
        {
            for (int row = 0; row < Rows; row++)
            {
                scales[row] = T.Unpack(b + 2 * row, words);
                for (int g = 0; g < Groups; g++)
                {
                    for (int i = 0; i < 32; i++)
                        expected[Groups * row + g] += words[32 * g + i] * ((short*)(a + g * Int16Activations.BlockBytes))[i];
                }
            }
            if (Lanes.Wide)
            {
                CodebookDot.Wide<T>((byte*)b, 2 * sizeof(T), Rows, a, ws, w);
                Assert.Equal(expected, wide);
                Assert.Equal(scales, wideScales.Select(Scale<T>));
            }
            if (Lanes.Narrow)
            {
                CodebookDot.Narrow<T>((byte*)b, 2 * sizeof(T), Rows, a, ns, n);
                Assert.Equal(expected, narrow);
                Assert.Equal(scales, narrowScales.Select(Scale<T>));
            }
        }
    }
}
