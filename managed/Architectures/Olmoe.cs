using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>OLMoE: queries and keys normed as whole vectors. (Muennighoff et al., 2024)</summary>
internal static class Olmoe
{
    public static Architecture Family { get; } = new("olmoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope, Projected = layer.WholeNorms(layer.Facts) }),
            layer => layer.GatedExperts(layer.Routing with { Normalizes = false }, Activation.Silu));
    }
}
