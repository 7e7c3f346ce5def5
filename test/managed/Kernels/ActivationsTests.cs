using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>What activation tiles hold, against a plain definition of the quantisation.</summary>
public unsafe class ActivationsTests
{
    private const int Columns = 512;

    private static float[] Values(int seed)
    {
        Random random = new(seed);
        float[] x = new float[Columns];
        for (int i = 0; i < Columns; i++)
            x[i] = (random.NextSingle() - 0.5f) * MathF.Pow(2, i / 32 % 5);
        return x;
    }

    // q and d of `size` values from x[start].
    private static (int[] Q, float D) Quantize(float[] x, int start, int size, float levels = 127f)
    {
        ReadOnlySpan<float> block = x.AsSpan(start, size);
        float largest = 0;
        foreach (float v in block)
            largest = MathF.Max(largest, MathF.Abs(v));
        float d = largest / levels;
        int[] q = new int[size];
        for (int i = 0; i < size; i++)
            q[i] = d > 0 ? (int)MathF.Round(block[i] * (1f / d), MidpointRounding.ToEven) : 0;
        return (q, d);
    }

    private static byte[] Store(ActivationLayout layout, float[] x, int slot)
    {
        byte[] tile = new byte[Activations.TileBytes(layout, Columns)];
        fixed (byte* t = tile)
        fixed (float* from = x)
            Activations.Store(layout, from, Columns, t, slot);
        return tile;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Single(int slot)
    {
        float[] x = Values(1);
        fixed (byte* tile = Store(ActivationLayout.Single, x, slot))
        {
            for (int i = 0; i < Columns; i++)
                Assert.Equal(x[i], ((float*)tile)[8 * i + slot]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Int8(int slot)
    {
        float[] x = Values(2);
        fixed (byte* tile = Store(ActivationLayout.Int8, x, slot))
        {
            for (int b = 0; b < Columns / 32; b++)
            {
                byte* block = tile + b * Int8Activations.BlockBytes;
                float* scales = (float*)(block + Int8Activations.ScaleOffset);
                (int[] q, float d) = Quantize(x, 32 * b, 32);
                for (int i = 0; i < 32; i++)
                    Assert.Equal(q[i], ((sbyte*)block)[32 * slot + i]);
                Assert.Equal(d, scales[slot]);
                Assert.Equal(d * q.Sum(), scales[8 + slot]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Int16(int slot)
    {
        float[] x = Values(3);
        fixed (byte* tile = Store(ActivationLayout.Int16, x, slot))
        {
            for (int b = 0; b < Columns / 32; b++)
            {
                byte* block = tile + b * Int16Activations.BlockBytes;
                (int[] q, float d) = Quantize(x, 32 * b, 32, 32767f);
                short* y = (short*)block + 32 * slot;
                for (int i = 0; i < 32; i += 4)
                    Assert.Equal([q[i], q[i + 2], q[i + 1], q[i + 3]], new int[] { y[i], y[i + 1], y[i + 2], y[i + 3] });
                Assert.Equal(d, ((float*)(block + Int16Activations.ScaleOffset))[slot]);
                Assert.Equal(-q.Sum(), ((int*)(block + Int16Activations.BiasOffset))[slot]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Superblock(int slot)
    {
        float[] x = Values(4);
        fixed (byte* tile = Store(ActivationLayout.Superblock, x, slot))
        {
            for (int b = 0; b < Columns / 256; b++)
            {
                byte* block = tile + b * SuperblockActivations.BlockBytes;
                short* sums32 = (short*)(block + SuperblockActivations.Sum32Offset) + 8 * slot;
                short* sums16 = (short*)(block + SuperblockActivations.Sum16Offset) + 16 * slot;
                (int[] q, float d) = Quantize(x, 256 * b, 256);
                for (int i = 0; i < 256; i++)
                    Assert.Equal(q[i], ((sbyte*)block)[256 * slot + i]);
                for (int i = 0; i < 8; i++)
                    Assert.Equal(q.Skip(32 * i).Take(32).Sum(), sums32[i]);
                for (int i = 0; i < 16; i++)
                    Assert.Equal(q.Skip(16 * i).Take(16).Sum(), sums16[i]);
                Assert.Equal(d, ((float*)(block + SuperblockActivations.ScaleOffset))[slot]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ASlotLeavesTheOthersAlone(int layout)
    {
        byte[] first = Store((ActivationLayout)layout, Values(5), 2);
        byte[] second = Store((ActivationLayout)layout, Values(6), 5);
        byte[] both = new byte[first.Length];
        fixed (byte* tile = both)
        fixed (float* a = Values(5), b = Values(6))
        {
            Activations.Store((ActivationLayout)layout, a, Columns, tile, 2);
            Activations.Store((ActivationLayout)layout, b, Columns, tile, 5);
        }
        Assert.True(both.SequenceEqual(first.Zip(second, (p, q) => (byte)(p | q))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ZerosGiveZeros(int layout) =>
        Assert.All(Store((ActivationLayout)layout, new float[Columns], 1), b => Assert.Equal(0, b));
}
