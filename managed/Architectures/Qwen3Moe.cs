using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 3 with experts: softmax over all, the chosen ones' weights sum up to one. (Yang et al., 2025)</summary>
internal static class Qwen3Moe
{
    public static Architecture Family { get; } = new("qwen3moe", r => Build(r, r.Rope(RopePairing.Halves), r.Sees));

    /// <summary>The network; where its tokens see the whole text, that is at once.</summary>
    public static Network Build(ModelReader r, RopeTable rope, Visibility sees) => r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope) with { Sees = sees }),
            layer => layer.GatedExperts(layer.Routing, Activation.Silu, layer.ExpertSizeOrShare()),
            wholeText: sees.LooksAhead);
}
