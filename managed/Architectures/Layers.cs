using Realm.Blocks;

namespace Realm.Architectures;

/// <summary>Builds the blocks of a layer from the file's tensors.</summary>
internal static unsafe class Layers
{
    public static Block[] Create(Architecture architecture, ModelConfig config, int layer, TensorReader tensors)
    {
        string prefix = $"blk.{layer}.";
        int queries = config.HeadCounts[layer] * config.HeadSize, keys = config.KvHeadCounts[layer] * config.HeadSize;
        Attention attention = new(config, layer, new AttentionWeights
        {
            Norm = tensors.Vector(prefix + "attn_norm.weight", config.HiddenSize),
            Query = tensors.Linear(prefix + "attn_q", queries, config.HiddenSize),
            Key = tensors.Linear(prefix + "attn_k", keys, config.HiddenSize),
            Value = tensors.Linear(prefix + "attn_v", keys, config.HiddenSize),
            Output = tensors.Linear(prefix + "attn_output", config.HiddenSize, queries),
            QueryNorm = architecture.QueryKeyNorm ? tensors.Vector(prefix + "attn_q_norm.weight", config.HeadSize) : null,
            KeyNorm = architecture.QueryKeyNorm ? tensors.Vector(prefix + "attn_k_norm.weight", config.HeadSize) : null,
        });
        float* norm = tensors.Vector(prefix + "ffn_norm.weight", config.HiddenSize);
        int size = config.FeedForwardSizes[layer];
        if (config.ExpertCount == 0)
        {
            return
            [
                attention,
                new FeedForward(config, norm,
                    tensors.Linear(prefix + "ffn_gate", size, config.HiddenSize),
                    tensors.Linear(prefix + "ffn_up", size, config.HiddenSize),
                    tensors.Linear(prefix + "ffn_down", config.HiddenSize, size)),
            ];
        }
        return
        [
            attention,
            new Experts(config, norm,
                tensors.Linear(prefix + "ffn_gate_inp", config.ExpertCount, config.HiddenSize),
                tensors.Experts(prefix + "ffn_gate_exps", config.ExpertCount, size, config.HiddenSize),
                tensors.Experts(prefix + "ffn_up_exps", config.ExpertCount, size, config.HiddenSize),
                tensors.Experts(prefix + "ffn_down_exps", config.ExpertCount, config.HiddenSize, size)),
        ];
    }
}
