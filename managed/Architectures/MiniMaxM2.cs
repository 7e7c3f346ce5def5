using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiniMax M2: queries and keys normed as whole vectors, part of each head turns, the experts' choice has a bias. (MiniMax,
/// 2025)</summary>
internal static class MiniMaxM2
{
    public static Architecture Family { get; } = new("minimax-m2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope, Projected = layer.WholeNorms(layer.Facts) }),
            layer => layer.GatedExperts(
                layer.Routing with { Score = r.RouterScore(), SelectionBias = layer.SelectionBias(r.ExpertCount) },
                Activation.Silu));
    }
}
