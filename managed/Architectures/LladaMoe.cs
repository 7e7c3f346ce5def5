using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>LLaDA with experts: a diffusion model, all tokens see each other; heads are normed. (Zhu et al., 2025)</summary>
internal static class LladaMoe
{
    public static Architecture Family { get; } = new("llada-moe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Transformer(
            layer => layer.Attention(Qwen3.Facts(layer, rope) with { Sees = Visibility.All }),
            layer => layer.GatedExperts(layer.Routing with { Normalizes = false }, Activation.Silu, layer.ExpertSizeOrShare()),
            wholeText: true);
    }
}
