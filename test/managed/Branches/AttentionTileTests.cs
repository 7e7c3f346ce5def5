using System.Runtime.InteropServices;
using Realm.Branches;
using Realm.Kernels;
using Realm.State;
using Xunit;

namespace Realm.Tests.Branches;

public unsafe class AttentionTileTests
{
    [Theory]
    [InlineData(64, 3, CacheType.F32)]
    [InlineData(64, 3, CacheType.F16)]
    [InlineData(64, 1, CacheType.F16)]
    [InlineData(24, 2, CacheType.F32)]
    [InlineData(128, 7, CacheType.F16)]
    [InlineData(16, 4, CacheType.F32)]
    [InlineData(64, 3, CacheType.Q8_0)]
    [InlineData(24, 2, CacheType.Q8_0)]
    [InlineData(128, 7, CacheType.Q8_0)]
    public void Agrees_with_plain_attention_however_the_rows_are_cut(int headSize, int group, CacheType type)
    {
        const int length = 1100;
        Random random = new(headSize + group);
        float[] queries = Normal(random, length * group * headSize), keys = Normal(random, length * headSize), values = Normal(random, length * headSize);
        using Sequence cache = new(type, headSize, 2048, length);
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
        double sum = weights.Sum(), tolerance = type switch { CacheType.F32 => 2e-6, CacheType.F16 => 4e-3, _ => 6e-2 };
        for (int d = 0; d < headSize; d++)
        {
            double expected = 0;
            for (int key = 0; key <= row; key++)
                expected += weights[key] / sum * values[key * headSize + d];
            Assert.InRange(actual[d] - expected, -tolerance, tolerance);
        }
    }

    private static float[] Attend(Sequence cache, float[] queries, int group, int rows, int length)
    {
        int headSize = cache.Slot.KeySize, width = group * headSize;
        float[] output = new float[queries.Length];
        byte* scratch = (byte*)NativeMemory.AlignedAlloc((nuint)AttentionTile.ScratchBytes(cache.Slot, group), 64);
        AttentionFacts facts = new() { Heads = group, KvHeads = 1, KeySize = headSize, ValueSize = headSize, Scale = 1 };
        AttentionTile tile = new(scratch, facts, cache.Slot, cache.State, length, 0, 0, group, headSize);
        fixed (float* q = queries, o = output)
        {
            for (int row = 0; row < length; row += rows)
                tile.Attend(q + row * width, width, Math.Min(rows, length - row), row, o + row * width, width);
        }
        NativeMemory.AlignedFree(scratch);
        return output;
    }

    private static void Fill(Sequence cache, float[] keys, float[] values, int length)
    {
        int headSize = cache.Slot.KeySize;
        fixed (float* k = keys, v = values)
        {
            for (int position = 0; position < length; position++)
                cache.State.Store(cache.Slot, 0, position, k + position * headSize, v + position * headSize);
        }
    }

    /// <summary>What eight bits leave of heads: the definition.</summary>
    private static float[] Rounded(float[] heads, int headSize)
    {
        float[] rounded = new float[heads.Length];
        for (int head = 0; head < heads.Length; head += headSize)
        {
            for (int from = head; from < head + headSize; from += 32)
            {
                Span<float> x = heads.AsSpan(from, Math.Min(32, head + headSize - from));
                float largest = 0;
                foreach (float value in x)
                    largest = Math.Max(largest, Math.Abs(value));
                float scale = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(largest / 127) + 0xffff) & 0xffff0000);
                for (int i = 0; i < x.Length; i++)
                {
                    double q = largest < 1e-28 ? 0 : Math.Round(x[i] * (1 / scale), MidpointRounding.ToEven);
                    Assert.InRange(q, -127, 127);
                    rounded[from + i] = (float)q * scale;
                }
            }
        }
        return rounded;
    }

    /// <summary>With eight bits it is attention in single precision over the rounded keys and values, bit for bit: converted in blocks or on the way.</summary>
    [Theory]
    [InlineData(64, 3)]
    [InlineData(64, 1)]
    [InlineData(24, 2)]
    [InlineData(80, 2)]
    [InlineData(128, 7)]
    public void Eight_bits_are_rounded_once_and_never_again(int headSize, int group)
    {
        const int length = 700;
        Random random = new(headSize + group);
        float[] queries = Normal(random, length * group * headSize), keys = Normal(random, length * headSize), values = Normal(random, length * headSize);
        for (int i = 0; i < headSize; i++)
            keys[3 * headSize + i] = values[5 * headSize + i] = 0;
        for (int i = 0; i < headSize; i++)
            values[7 * headSize + i] *= 1e-35f;
        using Sequence bytes = new(CacheType.Q8_0, headSize, 1024, length), singles = new(CacheType.F32, headSize, 1024, length);
        Fill(bytes, keys, values, length);
        Fill(singles, Rounded(keys, headSize), Rounded(values, headSize), length);
        float[] expected = Attend(singles, queries, group, 16, length);
        foreach (int rows in new[] { 1, 3, 16 })
            Assert.Equal(expected, Attend(bytes, queries, group, rows, length));
    }

    [Fact]
    public void Eight_bits_take_about_half_of_sixteen()
    {
        static long Page(CacheType type)
        {
            StatePlan plan = new(type, 2, 1024);
            plan.KeyValue(0, 3, 64, 64);
            plan.KeyValue(1, 3, 64, 64);
            return plan.PageBytes;
        }

        Assert.Equal(2 * 3 * 2 * 64 * 64 * 2, Page(CacheType.F16));
        Assert.Equal(2 * Page(CacheType.F16), Page(CacheType.F32));
        Assert.Equal(2 * 3 * 2 * 64 * (64 + 2 * 2), Page(CacheType.Q8_0));
    }

    /// <summary>One head's keys and values.</summary>
    private sealed class Sequence : IDisposable
    {
        public Sequence(CacheType type, int headSize, int context, int length)
        {
            StatePlan plan = new(type, 1, context);
            Slot = plan.KeyValue(0, 1, headSize, headSize);
            State = new SequenceState(plan);
            State.Reserve(0, length);
        }

        public KeyValueSlot Slot { get; }

        public SequenceState State { get; }

        public void Dispose() => State.Dispose();
    }

    private static float[] Normal(Random random, int n) => [.. Enumerable.Range(0, n).Select(_ =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.6))];
}
