using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Phi 3.5 with experts: norms with biases, long and short factors of positions. (Abdin et al., 2024)</summary>
internal static class PhiMoe
{
    public static Architecture Family { get; } = new("phimoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with { Rope = rope }),
            layer => layer.GatedExperts(layer.Routing, Activation.Silu));
    }
}
