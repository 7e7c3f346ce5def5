using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>LLaDA: Llama's shape made a diffusion model; all tokens see each other. (Nie et al., 2025)</summary>
internal static class Llada
{
    public static Architecture Family { get; } = new("llada", r => Network(r, RopePairing.Neighbours));

    /// <summary>Layers of attention over the whole text and a gated network.</summary>
    public static Network Network(ModelReader r, RopePairing pairing)
    {
        r.ReadWholeTexts();
        RopeTable rope = r.Rope(pairing);
        return r.Transformer(layer => layer.Attention(layer.Facts with { Rope = rope }), layer => layer.GatedFeedForward(Activation.Silu));
    }
}
