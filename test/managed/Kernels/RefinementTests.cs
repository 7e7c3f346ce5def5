using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

public unsafe class RefinementTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rounds_blocks_with_outliers_twice_and_no_others(int layout)
    {
        ActivationLayout form = (ActivationLayout)layout;
        int elements = Activations.BlockElements(form), columns = 16 * elements;
        float[] x = [.. Enumerable.Range(0, columns).Select(i => MathF.Sin(i))];
        x[5 * elements + 3] = 100;
        x[2 * elements] = -80;
        byte[] tile = new byte[Activations.TileBytes(form, columns)];
        using Refinement refinement = new(form, columns);
        fixed (float* p = x)
        fixed (byte* t = tile)
        {
            Activations.Store(form, p, columns, t, 6);
            refinement.Add(p, columns, t, 6);
            Assert.Equal(2, refinement.Count);
            Assert.Equal([2, 5], [refinement.Block(0), refinement.Block(1)]);
            for (int i = 0; i < 2; i++)
            {
                int block = refinement.Block(i);
                byte* first = t + block * Activations.BlockBytes(form), second = refinement.Tile(i);
                for (int k = 0; k < elements; k++)
                {
                    float value = Value(form, first, 6, k) + Value(form, second, 6, k);
                    // Two roundings to 8 bits: an error of the largest value by 254 squared.
                    Assert.InRange(value - x[block * elements + k], -101f / (254 * 254), 101f / (254 * 254));
                    Assert.Equal(0f, Value(form, second, 3, k));
                }
            }
        }
    }

    [Fact]
    public void Leaves_even_rows_alone_and_forgets_the_last_tile()
    {
        float[] even = [.. Enumerable.Range(0, 512).Select(i => MathF.Cos(i))], uneven = [.. even];
        uneven[100] = 50;
        byte[] tile = new byte[Activations.TileBytes(ActivationLayout.Int8, 512)];
        using Refinement refinement = new(ActivationLayout.Int8, 512);
        fixed (float* e = even, u = uneven)
        fixed (byte* t = tile)
        {
            Activations.Store(ActivationLayout.Int8, u, 512, t, 0);
            refinement.Add(u, 512, t, 0);
            Assert.Equal(1, refinement.Count);
            refinement.Clear();
            Activations.Store(ActivationLayout.Int8, e, 512, t, 0);
            refinement.Add(e, 512, t, 0);
            Assert.Equal(0, refinement.Count);
        }
    }

    private static float Value(ActivationLayout layout, byte* block, int slot, int k) => layout == ActivationLayout.Int8
        ? ((sbyte*)block)[slot * 32 + k] * ((float*)(block + Int8Activations.ScaleOffset))[slot]
        : ((sbyte*)block)[slot * 256 + k] * ((float*)(block + SuperblockActivations.ScaleOffset))[slot];
}
