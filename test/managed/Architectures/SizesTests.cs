using Realm.Runtime;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>Shapes that are valid and odd, and numbers whose products are too large: right results or an error, never another buffer's memory.
/// Behind every buffer of a test build lies a page that ends the run when it is touched.</summary>
public class SizesTests
{
    [Theory]
    [InlineData(64, 64, 64, 128, 64, 256)]     // queries, keys and values together are the largest loop by far
    [InlineData(64, 32, 32, 128, 96, 320)]
    [InlineData(32, 1, 1, 34, 32, 17)]
    [InlineData(32, 24, 1, 2, 33, 300)]        // many queries on one key
    [InlineData(48, 3, 3, 254, 16, 40)]
    public void Odd_shapes_give_the_same_bits_however_they_are_run(int hidden, int heads, int kvHeads, int headSize, int feedForward, int vocabulary)
    {
        using ModelFile file = RandomModel.Llama(hidden, 2, heads, kvHeads, headSize, feedForward, vocabulary).Open();
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => i * 7 % vocabulary)];
        float[]? expected = null;
        foreach ((int threads, bool packed, int chunk) in new[] { (1, true, 1), (2, true, 8), (2, true, 40), (3, false, 8), (2, true, 1), (4, true, 5) })
        {
            using Model model = Model.Load(file, new ModelOptions(threads, packed));
            float[] logits = Networks.Logits(model, tokens, chunk);
            Assert.All(logits, value => Assert.True(float.IsFinite(value)));
            Assert.Equal(expected ??= logits, logits);
        }
    }

    [Theory]
    [InlineData(1012964u, 1012964u, 4240u, 8u)]    // the product is 64 in 32 bits
    [InlineData(671100u, 1u, 34u, 1u)]
    [InlineData(1u << 20, 1u << 20, 1u << 12, 8u)]
    public void Products_of_allowed_numbers_are_checked(uint heads, uint kvHeads, uint headSize, uint hidden)
    {
        RandomModel model = new RandomModel("llama").Set("block_count", 1u).Set("embedding_length", hidden).Set("context_length", 16u)
            .Set("attention.head_count", heads).Set("attention.head_count_kv", kvHeads).Set("attention.key_length", headSize)
            .Set("attention.value_length", headSize).Set("feed_forward_length", 8u).Set("attention.layer_norm_rms_epsilon", 1e-5f)
            .Weights("token_embd.weight", hidden, 16);
        using ModelFile file = model.Open();
        RealmException e = Assert.Throws<RealmException>(() => Model.Load(file, new ModelOptions(1)));
        Assert.Equal(ErrorCode.Hparam, e.Code);
        Assert.Contains("attention.head_count", e.Message);
    }

    /// <summary>An array of a value for each layer may have millions of them, and is asked for layer by layer.</summary>
    [Fact]
    public void Arrays_are_read_as_far_as_they_are_used()
    {
        byte[] ones = new byte[1 << 22];
        Array.Fill(ones, (byte)1);
        RandomModel model = RandomModel.Llama(hidden: 8, layers: 4, heads: 1, kvHeads: 1, headSize: 8, feedForward: 8, vocabulary: 16);
        model.Set("expert_used_count", ones);
        model.Set("expert_count", 1u);
        for (int i = 0; i < 4; i++)
        {
            model.Weights($"blk.{i}.ffn_gate_inp.weight", 8, 1);
            foreach (string name in (string[])["gate", "up", "down"])
                model.Weights($"blk.{i}.ffn_{name}_exps.weight", 8, 8, 1);
        }
        using ModelFile file = model.Open();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using Model loaded = Model.Load(file, new ModelOptions(1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, ones.Length);
    }

    [Theory]
    [InlineData(100000UL)]
    [InlineData(1UL << 32)]
    public void Numbers_of_experts_have_a_limit(ulong experts)
    {
        RandomModel model = new RandomModel("llama").Set("block_count", 1u).Set("embedding_length", 8u).Set("context_length", 16u)
            .Set("attention.head_count", 1u).Set("feed_forward_length", 8u).Set("attention.layer_norm_rms_epsilon", 1e-5f)
            .Set("expert_count", experts).Set("expert_used_count", 2u).Weights("token_embd.weight", 8, 16);
        using ModelFile file = model.Open();
        RealmException e = Assert.Throws<RealmException>(() => Model.Load(file, new ModelOptions(1)));
        Assert.Equal(ErrorCode.Hparam, e.Code);
        Assert.Contains("llama.expert_count", e.Message);
    }
}
