namespace Realm.Tests.Architectures;

/// <summary>Small models of families that the reference data has none of.</summary>
internal static class ReferenceModels
{
    private const int Hidden = 32, FeedForward = 48, Vocabulary = 64;

    /// <summary>The model of a family.</summary>
    public static NamedTensors Of(string architecture) => architecture switch
    {
        "gemma3n" => Gemma3n(),
        "rwkv6" => Rwkv6(isOfQwen2: false),
        "rwkv6qwen2" => Rwkv6(isOfQwen2: true),
        "rwkv7" => Rwkv7(isOfQwen2: false),
        "arwkv7" => Rwkv7(isOfQwen2: true),
        "deepseek2-ocr" => Mixture(NamedTensors.Decoder(layers: 3).Set("attention.head_count_kv", 4u).Set("expert_shared_count", 2u)
            .Weights("blk.0.attn_k.weight", 32, 32).Weights("blk.0.attn_v.weight", 32, 32).Weights("blk.1.attn_k.weight", 32, 32)
            .Weights("blk.1.attn_v.weight", 32, 32).Weights("blk.2.attn_k.weight", 32, 32).Weights("blk.2.attn_v.weight", 32, 32), layers: 3, shared: 40),
        "step35" => Step35(),
        "minimax-m3" => MiniMaxM3(),
        "deepseek32" or "glm-dsa" => SparseLatent(),
        _ => throw new ArgumentException(architecture),
    };

    private static NamedTensors Gemma3n()
    {
        const int Layers = 4, Embedding = 256, Rank = 64, Streams = 4;
        NamedTensors model = NamedTensors.Decoder(Layers).Remove("output.weight").Set("attention.sliding_window", 6u)
            .Set("attention.sliding_window_pattern", new[] { true, true, false, true }).Set("rope.freq_base", 1e6f).Set("embedding_length_per_layer_input", (uint)Embedding)
            .Weights("altup_proj.weight", Hidden, Hidden, Streams - 1).Weights("altup_unembd_proj.weight", Hidden, Hidden, Streams - 1)
            .Weights("per_layer_token_embd.weight", Embedding * Layers, Vocabulary).Weights("per_layer_model_proj.weight", Hidden, Embedding * Layers)
            .Ones("per_layer_proj_norm.weight", Embedding);
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"blk.{i}.";
            foreach (string norm in (string[])["post_attention_norm", "post_ffw_norm", "post_norm", "altup_router_norm", "altup_correct_scale", "laurel_post_norm"])
                model.Ones(layer + norm + ".weight", Hidden);
            model.Ones(layer + "attn_q_norm.weight", 8).Ones(layer + "attn_k_norm.weight", 8)
                .Weights(layer + "inp_gate.weight", Hidden, Embedding).Weights(layer + "proj.weight", Embedding, Hidden)
                .Weights(layer + "altup_correct_coef.weight", Streams, Streams).Weights(layer + "altup_predict_coef.weight", Streams, Streams * Streams)
                .Scaled(layer + "altup_router.weight", 40, Hidden, Streams)
                .Weights(layer + "laurel_l.weight", Hidden, Rank).Weights(layer + "laurel_r.weight", Rank, Hidden);
        }
        return model;
    }

    private static NamedTensors Recurrent(int layers, int hidden, bool isOfQwen2)
    {
        NamedTensors model = new NamedTensors().Set("block_count", (uint)layers).Set("embedding_length", (uint)hidden).Set("context_length", 128u)
            .Set("feed_forward_length", (uint)FeedForward).Set("attention.head_count", 0u).Set("attention.layer_norm_epsilon", 1e-5f)
            .Set("attention.layer_norm_rms_epsilon", 1e-5f).Set("token_shift_count", isOfQwen2 ? 1u : 2u)
            .Weights("token_embd.weight", hidden, Vocabulary).Weights("output.weight", hidden, Vocabulary).Ones("output_norm.weight", hidden);
        if (!isOfQwen2)
            model.Ones("token_embd_norm.weight", hidden).Weights("token_embd_norm.bias", hidden).Weights("output_norm.bias", hidden);
        for (int i = 0; i < layers; i++)
        {
            string layer = $"blk.{i}.";
            model.Ones(layer + "attn_norm.weight", hidden).Weights(layer + "time_mix_output.weight", hidden, hidden)
                .Weights(layer + "time_mix_receptance.weight", hidden, hidden);
            if (isOfQwen2)
            {
                model.Ones(layer + "ffn_norm.weight", hidden).Weights(layer + "ffn_gate.weight", hidden, FeedForward)
                    .Weights(layer + "ffn_up.weight", hidden, FeedForward).Weights(layer + "ffn_down.weight", FeedForward, hidden);
                continue;
            }
            model.Weights(layer + "attn_norm.bias", hidden).Ones(layer + "attn_norm_2.weight", hidden).Weights(layer + "attn_norm_2.bias", hidden)
                .Ones(layer + "channel_mix_lerp_k.weight", hidden, 1, 1).Weights(layer + "channel_mix_key.weight", hidden, FeedForward)
                .Weights(layer + "channel_mix_value.weight", FeedForward, hidden)
                .Ones(layer + "time_mix_ln.weight", hidden).Weights(layer + "time_mix_ln.bias", hidden);
        }
        return model;
    }

    private static NamedTensors Rwkv6(bool isOfQwen2)
    {
        const int Size = 16, Rank = 8;
        int keys = isOfQwen2 ? Size : Hidden;
        NamedTensors model = Recurrent(3, Hidden, isOfQwen2).Set("wkv.head_size", (uint)Size).Set("time_mix_extra_dim", (uint)Rank).Set("time_decay_extra_dim", (uint)Rank);
        if (isOfQwen2)
            model.Set("attention.head_count_kv", 1u);
        else
            model.Set("rescale_every_n_layers", 2u);
        for (int i = 0; i < 3; i++)
        {
            string layer = $"blk.{i}.", mix = layer + "time_mix_";
            model.Weights(mix + "w1.weight", Hidden, 5 * Rank).Weights(mix + "w2.weight", Rank, Hidden, 5).Weights(mix + "lerp_x.weight", Hidden, 1, 1)
                .Weights(mix + "decay.weight", Hidden).Weights(mix + "decay_w1.weight", Hidden, Rank).Weights(mix + "decay_w2.weight", Rank, Hidden)
                .Weights(mix + "key.weight", Hidden, keys).Weights(mix + "value.weight", Hidden, keys).Weights(mix + "gate.weight", Hidden, Hidden);
            if (isOfQwen2 || i == 0)
                model.Ones(mix + "lerp_fused.weight", Hidden, 1, 1, 5);
            foreach (char part in isOfQwen2 || i == 0 ? "" : "wkvrg")
                model.Ones($"{mix}lerp_{part}.weight", Hidden, 1, 1);
            if (isOfQwen2)
                model.Weights(mix + "key.bias", keys).Weights(mix + "value.bias", keys).Weights(mix + "receptance.bias", Hidden);
            else
                model.Ones(mix + "first.weight", Size, Hidden / Size).Ones(layer + "channel_mix_lerp_r.weight", Hidden, 1, 1)
                    .Weights(layer + "channel_mix_receptance.weight", Hidden, Hidden);
        }
        return model;
    }

    // Heads of 64: the reference counts on it.
    private static NamedTensors Rwkv7(bool isOfQwen2)
    {
        const int Size = 64, Width = 128, Rank = 8;
        NamedTensors model = Recurrent(3, Width, isOfQwen2).Set("wkv.head_size", (uint)Size);
        foreach (string rank in (string[])["decay", "iclr", "value_residual_mix", "gate"])
            model.Set($"attention.{rank}_lora_rank", (uint)Rank);
        for (int i = 0; i < 3; i++)
        {
            string mix = $"blk.{i}.time_mix_";
            foreach (char part in isOfQwen2 ? "wav" : "wavg")
            {
                model.Weights($"{mix}{part}1.weight", Width, Rank).Weights($"{mix}{part}2.weight", Rank, Width);
                if (part != 'g')
                    model.Weights($"{mix}{part}0.weight", Width);
            }
            model.Ones(mix + "lerp_fused.weight", Width, 1, 1, isOfQwen2 ? 5 : 6).Ones(mix + "k_k.weight", Width).Ones(mix + "k_a.weight", Width)
                .Weights(mix + "r_k.weight", Width).Weights(mix + "key.weight", Width, Width).Weights(mix + "value.weight", Width, Width);
        }
        return model;
    }

    // All layers but the first are mixtures of six experts.
    private static NamedTensors Mixture(NamedTensors model, int layers, int shared)
    {
        const int Experts = 6, Size = 20;
        model.Set("expert_count", (uint)Experts).Set("expert_used_count", 2u).Set("expert_feed_forward_length", (uint)Size).Set("leading_dense_block_count", 1u)
            .Set("expert_gating_func", 2u).Set("expert_weights_norm", true).Set("expert_weights_scale", 1.5f);
        for (int i = 1; i < layers; i++)
        {
            string layer = $"blk.{i}.ffn_";
            model.Remove(layer + "gate.weight", layer + "up.weight", layer + "down.weight").Weights(layer + "gate_inp.weight", Hidden, Experts)
                .Weights(layer + "gate_exps.weight", Hidden, Size, Experts).Weights(layer + "up_exps.weight", Hidden, Size, Experts)
                .Weights(layer + "down_exps.weight", Size, Hidden, Experts).Weights($"blk.{i}.exp_probs_b.bias", Experts)
                .Weights(layer + "gate_shexp.weight", Hidden, shared).Weights(layer + "up_shexp.weight", Hidden, shared).Weights(layer + "down_shexp.weight", shared, Hidden);
        }
        return model;
    }

    private static NamedTensors HeadNorms(NamedTensors model, int layers)
    {
        for (int i = 0; i < layers; i++)
            model.Ones($"blk.{i}.attn_q_norm.weight", 8).Ones($"blk.{i}.attn_k_norm.weight", 8);
        return model;
    }

    private static NamedTensors Step35()
    {
        NamedTensors model = HeadNorms(Mixture(NamedTensors.Decoder(layers: 3), layers: 3, shared: 28), 3).Set("attention.head_count", new uint[] { 4, 6, 4 })
            .Set("attention.head_count_kv", new uint[] { 2, 2, 2 }).Set("attention.sliding_window", 5u).Set("attention.sliding_window_pattern", new[] { false, true, false })
            .Set("expert_shared_feed_forward_length", 28u).Set("swiglu_clamp_exp", new[] { 0f, 0.3f, 0f }).Set("swiglu_clamp_shexp", new[] { 0.2f, 0.4f, 0f })
            .Set("rope.freq_base", 50000f).Set("rope.freq_base_swa", 700f).Ones("rope_freqs.weight", 4)
            .Weights("blk.1.attn_q.weight", Hidden, 48).Weights("blk.1.attn_output.weight", 48, Hidden);
        for (int i = 0; i < 3; i++)
            model.Weights($"blk.{i}.attn_gate.weight", Hidden, i == 1 ? 6 : 4);
        return model;
    }

    private static NamedTensors MiniMaxM3()
    {
        NamedTensors model = HeadNorms(Mixture(NamedTensors.Decoder(layers: 3), layers: 3, shared: 20), 3).Set("expert_shared_count", 1u).Set("rope.dimension_count", 4u)
            .Set("attention.indexer.head_count", 2u).Set("attention.indexer.key_length", 8u).Set("attention.indexer.top_k", 4u).Set("attention.indexer.block_size", 16u)
            .Set("attention.indexer.local_blocks", 1u);
        for (int i = 1; i < 3; i++)
        {
            string layer = $"blk.{i}.indexer.";
            model.Weights(layer + "q_proj.weight", Hidden, 16).Weights(layer + "k_proj.weight", Hidden, 8).Ones(layer + "q_norm.weight", 8).Ones(layer + "k_norm.weight", 8);
        }
        return model;
    }

    private static NamedTensors SparseLatent()
    {
        const int Turned = 8, Still = 12, Rank = 16, QueryRank = 24, Value = 8, Heads = 4, Indexer = 64;
        NamedTensors model = Mixture(NamedTensors.Decoder(layers: 3), layers: 3, shared: 20).Set("expert_shared_count", 1u).Set("expert_group_count", 3u)
            .Set("expert_group_used_count", 2u).Set("attention.head_count_kv", 1u).Set("attention.key_length", (uint)(Rank + Turned)).Set("attention.value_length", (uint)Rank)
            .Set("attention.key_length_mla", (uint)(Still + Turned)).Set("attention.value_length_mla", (uint)Value).Set("attention.q_lora_rank", (uint)QueryRank)
            .Set("attention.kv_lora_rank", (uint)Rank).Set("rope.dimension_count", (uint)Turned).Set("attention.indexer.head_count", 2u)
            .Set("attention.indexer.key_length", (uint)Indexer).Set("attention.indexer.top_k", 64u);
        for (int i = 0; i < 3; i++)
        {
            string layer = $"blk.{i}.", indexer = layer + "indexer.";
            model.Remove(layer + "attn_q.weight", layer + "attn_k.weight", layer + "attn_v.weight").Ones(layer + "attn_q_a_norm.weight", QueryRank)
                .Ones(layer + "attn_kv_a_norm.weight", Rank).Weights(layer + "attn_q_a.weight", Hidden, QueryRank)
                .Weights(layer + "attn_q_b.weight", QueryRank, Heads * (Still + Turned)).Weights(layer + "attn_kv_a_mqa.weight", Hidden, Rank + Turned)
                .Weights(layer + "attn_k_b.weight", Still, Rank, Heads).Weights(layer + "attn_v_b.weight", Rank, Value, Heads)
                .Weights(layer + "attn_output.weight", Heads * Value, Hidden).Ones(indexer + "k_norm.weight", Indexer).Weights(indexer + "k_norm.bias", Indexer)
                .Weights(indexer + "proj.weight", Hidden, 2).Weights(indexer + "attn_k.weight", Hidden, Indexer).Weights(indexer + "attn_q_b.weight", QueryRank, 2 * Indexer);
        }
        return model;
    }
}
