using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 3.5 and Qwen 3-Next, dense and as mixtures: gated delta nets, and in every fourth layer attention with a gate. (Qwen Team, 2025)</summary>
internal static class Qwen35
{
    public static Architecture Family { get; } = new("qwen35", r => Build(r, interleaved: false, layer => layer.GatedFeedForward(Activation.Silu)));

    public static Architecture Mixture { get; } = new("qwen35moe", r => Build(r, interleaved: false, Experts));

    /// <summary>Its heads take their keys in another order.</summary>
    public static Architecture Next { get; } = new("qwen3next", r => Build(r, interleaved: true, Experts));

    private static Network Build(ModelReader r, bool interleaved, Func<LayerReader, Branch> feedForward)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        bool[] recurrent = r.RecurrentLayers(interval: 4);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), recurrent[layer.Index] ? layer.GatedDelta(interleaved) : layer.AttentionWithGates(rope)),
                new Residual(layer.RmsNorm("post_attention_norm"), feedForward(layer)),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    /// <summary>A mixture, and a shared expert that a token may do without.</summary>
    public static Branch Experts(LayerReader layer)
    {
        ModelReader r = layer.Model;
        int shared = r.Int("expert_shared_feed_forward_length", 0);
        return new Sum(
            layer.GatedExperts(layer.Routing, Activation.Silu, layer.ExpertSizeOrShare()),
            new Gated(layer.SharedExpert(Activation.Silu, shared > 0 ? shared : layer.FeedForwardSize), layer.Linear("ffn_gate_inp_shexp", 1, r.Hidden)));
    }
}
