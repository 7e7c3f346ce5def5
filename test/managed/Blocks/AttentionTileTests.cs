using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Blocks;

public unsafe class AttentionTileTests
{
    [Theory]
    [InlineData(64, 3, CacheType.F32)]
    [InlineData(64, 3, CacheType.F16)]
    [InlineData(64, 1, CacheType.F16)]
    [InlineData(24, 2, CacheType.F32)]
    [InlineData(128, 7, CacheType.F16)]
    [InlineData(16, 4, CacheType.F32)]
    public void Agrees_with_plain_attention_however_the_rows_are_cut(int headSize, int group, CacheType type)
    {
        const int length = 1100;
        Random random = new(headSize + group);
        float[] queries = Normal(random, length * group * headSize), keys = Normal(random, length * headSize), values = Normal(random, length * headSize);
        using KvCache cache = new(new KvLayout(type, [1], headSize, 2048));
        cache.Reserve(length);
        Fill(cache, keys, values, length);
        float[] all = Attend(cache, queries, group, 16, length);
        foreach (int rows in new[] { 1, 3, 7 })
            Assert.Equal(all, Attend(cache, queries, group, rows, length));
        for (int row = 0; row < length; row += 61)
        {
            for (int head = 0; head < group; head++)
                Compare(queries.AsSpan((row * group + head) * headSize, headSize), keys, values, row, headSize, all.AsSpan((row * group + head) * headSize, headSize), type);
        }
    }

    private static void Compare(ReadOnlySpan<float> query, float[] keys, float[] values, int row, int headSize, ReadOnlySpan<float> actual, CacheType type)
    {
        double[] weights = new double[row + 1];
        for (int key = 0; key <= row; key++)
        {
            double score = 0;
            for (int d = 0; d < headSize; d++)
                score += (double)query[d] * keys[key * headSize + d];
            weights[key] = score;
        }
        double max = weights.Max();
        for (int key = 0; key <= row; key++)
            weights[key] = Math.Exp(weights[key] - max);
        double sum = weights.Sum(), tolerance = type == CacheType.F32 ? 2e-6 : 4e-3;
        for (int d = 0; d < headSize; d++)
        {
            double expected = 0;
            for (int key = 0; key <= row; key++)
                expected += weights[key] / sum * values[key * headSize + d];
            Assert.InRange(actual[d] - expected, -tolerance, tolerance);
        }
    }

    private static float[] Attend(KvCache cache, float[] queries, int group, int rows, int length)
    {
        int width = group * cache.Layout.HeadSize;
        float[] output = new float[queries.Length];
        byte* scratch = (byte*)NativeMemory.AlignedAlloc((nuint)AttentionTile.ScratchBytes(cache.Layout.HeadSize, group), 64);
        AttentionTile tile = new(scratch, cache, 0, 0, group);
        fixed (float* q = queries, o = output)
        {
            for (int row = 0; row < length; row += rows)
                tile.Attend(q + row * width, width, Math.Min(rows, length - row), row, o + row * width, width);
        }
        NativeMemory.AlignedFree(scratch);
        return output;
    }

    private static void Fill(KvCache cache, float[] keys, float[] values, int length)
    {
        int headSize = cache.Layout.HeadSize, bytes = cache.Layout.ElementBytes;
        fixed (float* k = keys, v = values)
        {
            for (int position = 0; position < length; position++)
            {
                byte* block = cache.Block(0, 0, position / KeyBlock.Keys);
                int slot = position % KeyBlock.Keys;
                byte* value = block + KeyBlock.Keys * headSize * bytes + slot * cache.Layout.ValueSize * bytes;
                if (cache.Layout.Type == CacheType.F16)
                {
                    HalfElement.Store(k + position * headSize, headSize, block + slot * bytes, KeyBlock.Keys);
                    HalfElement.Store(v + position * headSize, headSize, value, 1);
                }
                else
                {
                    SingleElement.Store(k + position * headSize, headSize, block + slot * bytes, KeyBlock.Keys);
                    SingleElement.Store(v + position * headSize, headSize, value, 1);
                }
            }
        }
    }

    private static float[] Normal(Random random, int n) => [.. Enumerable.Range(0, n).Select(_ =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.6))];
}
