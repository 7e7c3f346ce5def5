using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 1.5 and 2 with experts: weights as softmax gives them, and a shared expert behind a gate. (Yang et al., 2024)</summary>
internal static class Qwen2Moe
{
    public static Architecture Family { get; } = new("qwen2moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => new Sum(
                layer.GatedExperts(layer.Routing with { Normalizes = false }, Activation.Silu, layer.ExpertSizeOrShare()),
                new Gated(layer.SharedExpert(Activation.Silu, r.Int("expert_shared_feed_forward_length", 0)),
                    layer.Linear("ffn_gate_inp_shexp", 1, r.Hidden))));
    }
}
