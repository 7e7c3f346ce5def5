using Realm.Runtime;
using Realm.State;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>Families that the reference data has no model of: logits as llama.cpp gave them for the same weights, and the same bits whichever way.</summary>
public class ReferenceTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 40).Select(i => (i * 23 + i / 7) % 64)];

    /// <summary>Of each family the first logits of the last position.</summary>
    [Theory]
    [InlineData("gemma3n", 0.7204897f, -1.344056f, 0.5821946f, 0.993511f, 0.5762532f, 0.4203055f, -1.430887f, 0.7830452f)]
    [InlineData("rwkv6", -0.1162811f, 1.488682f, -0.6834764f, -0.2617593f, 0.8912327f, 0.7461357f, 1.666438f, 0.5732712f)]
    [InlineData("rwkv6qwen2", 0.8665662f, 0.1779616f, 0.7443864f, 1.102285f, 0.2498413f, 0.7039074f, 1.564528f, -2.100701f)]
    [InlineData("rwkv7", 1.211339f, 0.06343651f, 0.431956f, -0.2805943f, -0.1556588f, 0.2041645f, -0.01599057f, 0.2498929f)]
    [InlineData("arwkv7", -0.1506649f, -0.6810718f, 0.3653662f, 0.5635955f, 0.2593137f, -0.05633833f, -0.4146641f, 0.7444738f)]
    [InlineData("deepseek2-ocr", 0.921264f, 0.1679285f, -0.02274716f, 0.9250878f, 1.010545f, 1.033985f, 1.540069f, 0.5170479f)]
    [InlineData("step35", 0.6488737f, 1.156436f, 0.3092258f, 0.2082023f, -0.4575692f, -2.115758f, -0.4206144f, -0.224064f)]
    [InlineData("minimax-m3", -1.31534f, 0.6556511f, -1.743499f, 0.4907019f, -0.8272601f, 0.8182412f, 0.6233965f, 0.4140732f)]
    [InlineData("deepseek32", -0.4636565f, 0.6028226f, -0.08799388f, -0.5209025f, 0.7829382f, -0.8950891f, 0.3581675f, 0.8250531f)]
    [InlineData("glm-dsa", -0.4636565f, 0.6028226f, -0.08799388f, -0.5209025f, 0.7829382f, -0.8950891f, 0.3581675f, 0.8250531f)]
    public void Logits_are_the_references_and_the_same_bits_whichever_way(string architecture, params float[] expected)
    {
        using ModelFile file = ReferenceModels.Of(architecture).Open(architecture);
        float[]? first = null;
        foreach ((int threads, bool packed, int chunk) in new[] { (1, true, 40), (1, true, 7), (1, false, 1), (2, true, 40), (2, false, 7) })
        {
            using Model model = Model.Load(file, new ModelOptions(threads, packed, CacheType.F32));
            float[] logits = Networks.Logits(model, Tokens, chunk);
            if (first == null)
            {
                double nmse = Golden.Nmse(logits.AsSpan(39 * 64, expected.Length).ToArray(), expected);
                Assert.True(nmse < 1e-6, $"{nmse}");
            }
            Assert.Equal(first ??= logits, logits);
            Assert.Equal(first, Networks.LayerByLayer(model, Tokens, chunk));
            // Nothing chooses keys here, and the first layer has no values before its own.
            Assert.DoesNotContain(model.UnreadTensors, name => !name.Contains(".indexer.") && !name.StartsWith("blk.0.time_mix_v"));
        }
    }

    [Theory]
    [InlineData("minimax-m3", "attention.indexer.block_size", 64)]
    [InlineData("deepseek32", "attention.indexer.head_count", 64)]
    [InlineData("glm-dsa", "attention.indexer.head_count", 64)]
    public void A_context_ends_where_a_choice_of_keys_would_begin(string architecture, string key, int context)
    {
        NamedTensors named = ReferenceModels.Of(architecture);
        using (ModelFile file = named.Open(architecture))
        using (Model model = Model.Load(file, new ModelOptions(1)))
        {
            Assert.Equal(context, model.Config.ContextLength);
            RealmException full = Assert.Throws<RealmException>(() => Networks.Logits(model, [.. Enumerable.Repeat(1, context + 1)], 40));
            Assert.Equal(ErrorCode.ContextFull, full.Code);
        }
        VariantsTests.AssertFails(ErrorCode.Range, named.Set(key.Replace("head_count", "top_k"), 0u), architecture, "attention.indexer");
    }

    [Theory]
    [InlineData("gemma3n", "altup.active_idx", 1u, ErrorCode.Hparam)]
    [InlineData("gemma3n", "altup.num_inputs", 1u, ErrorCode.Range)]
    [InlineData("gemma3n", "attention.shared_kv_layers", 3u, ErrorCode.Hparam)]
    [InlineData("rwkv6", "wkv.head_size", 5u, ErrorCode.Hparam)]
    [InlineData("rwkv7", "wkv.head_size", 0u, ErrorCode.Range)]
    [InlineData("rwkv6qwen2", "attention.head_count_kv", 5u, ErrorCode.Hparam)]
    public void Numbers_that_make_no_sense_are_errors(string architecture, string key, uint value, ErrorCode code) =>
        VariantsTests.AssertFails(code, ReferenceModels.Of(architecture).Set(key, value), architecture, key);

    [Fact]
    public void Last_layers_borrow_the_keys_of_the_last_layer_of_their_kind()
    {
        // The last layer looks through a window and borrows of layer 1; layer 2, which sees all, has its own: its matrices of keys are not read.
        NamedTensors model = ReferenceModels.Of("gemma3n").Set("attention.shared_kv_layers", 1u);
        float[] expected = model.Logits("gemma3n", Tokens);
        model.Remove("blk.3.attn_k.weight", "blk.3.attn_v.weight", "blk.3.attn_k_norm.weight");
        Assert.Equal(expected, model.Logits("gemma3n", Tokens));
        Assert.NotEqual(expected, ReferenceModels.Of("gemma3n").Logits("gemma3n", Tokens));
    }

    [Fact]
    public void Gates_are_sparse_where_the_file_or_the_family_says_so()
    {
        NamedTensors model = ReferenceModels.Of("gemma3n");
        float[] all = model.Logits("gemma3n", Tokens);
        float usual = 1.6448533535003662f, none = float.NegativeInfinity;
        Assert.Equal(all, model.Set("activation_sparsity_scale", new[] { usual, usual, usual, usual }).Logits("gemma3n", Tokens));
        Assert.NotEqual(all, model.Set("activation_sparsity_scale", new[] { usual, none, usual, usual }).Logits("gemma3n", Tokens));
    }
}
