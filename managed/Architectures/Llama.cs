using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>LLaMA 1 to 3, Mistral, Mixtral, SmolLM and all who took their shape. (Touvron et al., 2023; Jiang et al., 2024)</summary>
internal static class Llama
{
    public static Architecture Facts { get; } = new("llama")
    {
        RopePairing = RopePairing.Neighbours,
        WholeHeadTurns = true,
        RopeFactors = true,
        AttentionScale = true,
        Experts = true,
    };
}
