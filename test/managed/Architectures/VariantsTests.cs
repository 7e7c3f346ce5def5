using Realm.Runtime;
using Realm.State;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>Ways to write the same network that files use: the same results; and numbers that make no sense: an error.</summary>
public class VariantsTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 40).Select(i => i * 23 % 64)];

    private static readonly string[] Attention = ["attn_q", "attn_k", "attn_v"];

    [Theory]
    [InlineData("attn_qkv.bias")]
    [InlineData("")]
    public void One_matrix_of_queries_keys_and_values_is_as_three_whether_its_bias_is_one_or_three(string bias)
    {
        NamedTensors fused = NamedTensors.Decoder(biases: true);
        for (int i = 0; i < 2; i++)
        {
            fused.Fuse($"blk.{i}.attn_qkv.weight", [.. Attention.Select(name => $"blk.{i}.{name}.weight")]);
            if (bias.Length > 0)
                fused.Fuse($"blk.{i}.{bias}", [.. Attention.Select(name => $"blk.{i}.{name}.bias")]);
        }
        Assert.Equal(NamedTensors.Decoder(biases: true).Logits("exaone", Tokens), fused.Logits("exaone", Tokens));
    }

    [Fact]
    public void One_matrix_of_gate_and_up_is_as_two()
    {
        NamedTensors fused = NamedTensors.Decoder();
        for (int i = 0; i < 2; i++)
        {
            float[] gate = fused[$"blk.{i}.ffn_gate.weight"], up = fused[$"blk.{i}.ffn_up.weight"];
            fused.Remove($"blk.{i}.ffn_gate.weight").Put($"blk.{i}.ffn_up.weight", [32, 96], [.. gate, .. up]);
        }
        Assert.Equal(NamedTensors.Decoder().Logits("xverse", Tokens), fused.Logits("chatglm", Tokens));
    }

    [Fact]
    public void A_magnitude_of_YaRNs_is_heeded_by_those_who_name_it()
    {
        float[] expected = NamedTensors.Decoder().Logits("llama", Tokens);
        Assert.Equal(expected, NamedTensors.Decoder().Set("rope.scaling.yarn_attn_factor", 1.5f).Logits("llama", Tokens));
        Assert.NotEqual(expected, NamedTensors.Decoder().Set("rope.scaling.attn_factor", 1.5f).Logits("llama", Tokens));
    }

    [Fact]
    public void Layers_that_see_a_window_may_turn_unscaled_but_for_the_magnitude()
    {
        float[] Logits(string key, float value) => NamedTensors.Decoder()
            .Set("attention.sliding_window", 8u).Set("attention.sliding_window_pattern", new[] { true, true }).Set(key, value).Logits("mimo2", Tokens);
        float[] expected = Logits("rope.scaling.factor", 1);
        Assert.Equal(expected, Logits("rope.scaling.factor", 4));
        Assert.NotEqual(expected, Logits("rope.scaling.attn_factor", 1.5f));
    }

    [Fact]
    public void Layers_gone_through_twice_are_as_twice_the_layers()
    {
        NamedTensors twice = NamedTensors.Decoder(layers: 4);
        foreach (string name in (string[])["attn_norm", "ffn_norm", .. Attention, "attn_output", "ffn_gate", "ffn_up", "ffn_down"])
        {
            for (int i = 0; i < 2; i++)
                twice.Copy($"blk.{i}.{name}.weight", $"blk.{i + 2}.{name}.weight");
        }
        float[] expected = twice.Logits("llama", Tokens);
        NamedTensors looped = NamedTensors.Decoder().Set("num_loops", 2u);
        Assert.Equal(expected, looped.Set("skip_loop_final_norm", true).Logits("nanbeige", Tokens));
        Assert.NotEqual(expected, looped.Set("skip_loop_final_norm", false).Logits("nanbeige", Tokens));
        AssertFails(ErrorCode.Hparam, looped.Set("num_loops", 1000000u), "nanbeige", "num_loops");
    }

    [Fact]
    public void A_head_that_lacks_the_vocabularys_beginning_never_chooses_it()
    {
        NamedTensors model = HeadNorms(NamedTensors.Decoder());
        float[] all = model.Logits("qwen3", Tokens), head = model["output.weight"];
        float[] some = model.Put("output.weight", [32, 24], head[(40 * 32)..]).Logits("qwen3vl", Tokens);
        for (int i = 0; i < all.Length; i++)
            Assert.Equal(i % 64 < 40 ? float.NegativeInfinity : all[i], some[i]);
    }

    [Fact]
    public void One_matrix_for_embedding_and_head_may_have_the_name_of_either()
    {
        NamedTensors ofTokens = NamedTensors.Decoder(gated: false).Remove("output.weight");
        NamedTensors ofHead = NamedTensors.Decoder(gated: false);
        ofHead.Copy("token_embd.weight", "output.weight").Remove("token_embd.weight");
        Assert.Equal(ofTokens.Logits("codeshell", Tokens), ofHead.Logits("codeshell", Tokens));
    }

    [Fact]
    public void Networks_beside_attention_may_share_its_norm_or_have_their_own()
    {
        NamedTensors shared = NamedTensors.Decoder(gated: false), own = NamedTensors.Decoder(gated: false);
        for (int i = 0; i < 2; i++)
        {
            shared.Fuse($"blk.{i}.attn_qkv.weight", [.. Attention.Select(name => $"blk.{i}.{name}.weight")]);
            own.Fuse($"blk.{i}.attn_qkv.weight", [.. Attention.Select(name => $"blk.{i}.{name}.weight")])
                .Copy($"blk.{i}.attn_norm.weight", $"blk.{i}.ffn_norm.weight");
        }
        float[] expected = shared.Logits("phi2", Tokens);
        Assert.Equal(expected, own.Set("use_parallel_residual", true).Logits("gptneox", Tokens));
        Assert.Equal(expected, shared.Logits("falcon", Tokens));
        for (int i = 0; i < 2; i++)
            shared.Copy($"blk.{i}.attn_norm.weight", $"blk.{i}.attn_norm_2.weight");
        Assert.Equal(expected, shared.Logits("falcon", Tokens));
        Assert.NotEqual(expected, own.Set("use_parallel_residual", false).Logits("gptneox", Tokens));
    }

    [Fact]
    public void Scales_behind_the_activation_are_as_weights_divided_by_them()
    {
        NamedTensors scaled = NamedTensors.Decoder(gated: false), divided = NamedTensors.Decoder(gated: false);
        for (int i = 0; i < 2; i++)
        {
            scaled.Ones($"blk.{i}.ffn.act.scales", 48);
            float[] scales = scaled[$"blk.{i}.ffn.act.scales"], down = divided[$"blk.{i}.ffn_down.weight"];
            divided.Put($"blk.{i}.ffn_down.weight", [48, 32], [.. down.Select((w, at) => w / scales[at % 48])]);
        }
        AssertClose(divided.Logits("mpt", Tokens), scaled.Logits("mpt", Tokens));
        Assert.NotEqual(NamedTensors.Decoder(gated: false).Logits("mpt", Tokens), scaled.Logits("mpt", Tokens));
    }

    [Fact]
    public void Parts_of_a_fused_matrix_may_begin_at_multiples_of_the_hidden_size()
    {
        const int Rows = 5 * 8;
        NamedTensors fused = NamedTensors.Decoder().Set("attention.head_count", 5u).Set("attention.head_count_kv", 5u);
        NamedTensors apart = NamedTensors.Decoder().Set("attention.head_count", 5u).Set("attention.head_count_kv", 5u);
        for (int i = 0; i < 2; i++)
        {
            fused.Remove([.. Attention.Select(name => $"blk.{i}.{name}.weight")]).Weights($"blk.{i}.attn_qkv.weight", 32, 3 * Rows)
                .Weights($"blk.{i}.attn_output.weight", Rows, 32);
            for (int part = 0; part < 3; part++)
                apart.Put($"blk.{i}.{Attention[part]}.weight", [32, Rows], fused[$"blk.{i}.attn_qkv.weight"].AsSpan(part * 32 * 32, Rows * 32).ToArray());
            apart.Weights($"blk.{i}.attn_output.weight", Rows, 32);
        }
        Assert.Equal(apart.Logits("qwen2", Tokens), fused.Logits("cogvlm", Tokens));
    }

    [Fact]
    public void A_window_is_told_by_a_period_or_layer_by_layer()
    {
        NamedTensors model = HeadNorms(AfterNorms(NamedTensors.Decoder(layers: 4))).Set("attention.sliding_window", 5u);
        float[] period = model.Set("attention.sliding_window_pattern", 2u).Logits("gemma3", Tokens);
        Assert.Equal(period, model.Set("attention.sliding_window_pattern", new[] { true, false, true, false }).Logits("gemma3", Tokens));
        Assert.Equal(period, model.Set("attention.sliding_window_pattern", new uint[] { 1, 0, 1, 0 }).Logits("gemma3", Tokens));
        Assert.NotEqual(period, model.Set("attention.sliding_window_pattern", new[] { true, true, true, false }).Logits("gemma3", Tokens));
        Assert.NotEqual(period, model.Set("attention.sliding_window", 0u).Logits("gemma3", Tokens));
        model.Set("attention.sliding_window", 5u).Set("attention.sliding_window_pattern", new[] { true });
        AssertFails(ErrorCode.Hparam, model, "gemma3", "1 values for 4 layers");
    }

    [Fact]
    public void Positions_of_several_dimensions_turn_as_one_except_the_fourth()
    {
        NamedTensors model = NamedTensors.Decoder();
        float[] plain = model.Logits("qwen2", Tokens);
        Assert.Equal(plain, model.Set("rope.dimension_sections", new[] { 2, 1, 1, 0 }).Logits("qwen2vl", Tokens));
        Assert.NotEqual(plain, model.Set("rope.dimension_sections", new[] { 2, 1, 0, 1 }).Logits("qwen2vl", Tokens));
        // Nothing turns: all that is left of the order is what comes before. The same token everywhere gives the same logits.
        float[] still = model.Set("rope.dimension_sections", new[] { 0, 0, 0, 4 }).Logits("qwen2vl", 3, 3, 3);
        AssertClose(still[..64], still[128..]);
        AssertFails(ErrorCode.Hparam, model.Set("rope.dimension_sections", new[] { -1, 1, 1, 1 }), "qwen2vl", "rope.dimension_sections");
    }

    [Fact]
    public void A_stretched_base_is_as_the_larger_one()
    {
        NamedTensors model = HeadNorms(NamedTensors.Decoder()).Set("rope.freq_base", 5000f);
        float[] stretched = model.Set("rope.scaling.alpha", 64f).Logits("hunyuan-dense", Tokens);
        float[] larger = model.Set("rope.scaling.alpha", 0f).Set("rope.freq_base", 5000f * MathF.Pow(64, 8f / 6)).Logits("hunyuan-dense", Tokens);
        AssertClose(larger, stretched);
    }

    [Fact]
    public void Factors_of_frequencies_are_those_for_any_length_or_by_what_a_sequence_may_become()
    {
        NamedTensors model = NamedTensors.Decoder().Ones("short", 4).Weights("long", 4);
        model.Put("long", [4], [.. model["long"].Select(MathF.Abs)]).Set("rope.scaling.original_context_length", 64u);
        float[] none = model.Logits("llama", Tokens);
        float[] usual = model.Copy("short", "rope_freqs.weight").Logits("llama", Tokens), longer = model.Copy("long", "rope_freqs.weight").Logits("llama", Tokens);
        model.Remove("rope_freqs.weight").Copy("short", "rope_factors_short.weight").Copy("long", "rope_factors_long.weight");
        Assert.Equal(usual, model.Logits("llama", Tokens));
        using (ModelFile file = model.Open("llama"))
        using (Model loaded = Model.Load(file, new ModelOptions(2, Cache: CacheType.F32)))
        {
            Assert.Equal(usual, Networks.Logits(loaded, Tokens, 7, longest: 64));
            Assert.Equal(longer, Networks.Logits(loaded, Tokens, 7, longest: 65));
            using Session whole = loaded.NewSession(128), fork = whole.Fork();
            Assert.True(fork.State.MayBecomeLong);
        }
        Assert.Equal(3, new HashSet<float>([none[^1], usual[^1], longer[^1]]).Count);
        model.Put("rope_factors_long.weight", [4], 1, 1, 0, 1);
        AssertFails(ErrorCode.Hparam, model, "llama", "factors of rotary position embedding");
    }

    [Fact]
    public void Numbers_that_make_no_sense_are_refused()
    {
        NamedTensors model = NamedTensors.Decoder();
        AssertFails(ErrorCode.Hparam, model.Set("logit_scale", 0f), "granite", "logit_scale");
        AssertFails(ErrorCode.Hparam, model.Weights("position_embd.weight", 32, 100), "starcoder", "128 positions, but position_embd.weight has 100");
        AssertFails(ErrorCode.Hparam, model.Set("hrm.layers_per_stack", 1u).Set("hrm.h_cycles", 1u).Set("hrm.l_cycles", 2u), "hrm_text", "block_count");
        AssertFails(ErrorCode.Range, model.Set("hrm.l_cycles", 0u), "hrm_text", "hrm.l_cycles");
        for (int i = 0; i < 2; i++)
            model.Fuse($"blk.{i}.attn_qkv.weight", [.. Attention.Select(name => $"blk.{i}.{name}.weight")]).Weights($"blk.{i}.attn_qkv.weight", 32, 96);
        AssertFails(ErrorCode.Hparam, model.Set("attention.key_length", 64u), "qwen", "more than are projected");
    }

    private static NamedTensors HeadNorms(NamedTensors model)
    {
        for (int i = 0; i < 4; i++)
            model.Ones($"blk.{i}.attn_q_norm.weight", 8).Ones($"blk.{i}.attn_k_norm.weight", 8);
        return model;
    }

    private static NamedTensors AfterNorms(NamedTensors model)
    {
        for (int i = 0; i < 4; i++)
            model.Ones($"blk.{i}.post_attention_norm.weight", 32).Ones($"blk.{i}.post_ffw_norm.weight", 32);
        return model;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - actual[i], 2);
            size += Math.Pow(expected[i], 2);
        }
        Assert.InRange(error / size, 0, 1e-9);
    }

    internal static void AssertFails(ErrorCode code, NamedTensors model, string architecture, string because)
    {
        using ModelFile file = model.Open(architecture);
        RealmException e = Assert.Throws<RealmException>(() => Model.Load(file, new ModelOptions(1)));
        Assert.Equal((code, true), (e.Code, e.Message.Contains(because)));
    }
}
