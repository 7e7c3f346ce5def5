using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>Llama made an encoder: no head, each token sees the whole text. (BehnamGhader et al., 2024)</summary>
internal static class LlamaEmbed
{
    public static Architecture Family { get; } = new("llama-embed", r => EuroBert.Network(r, RopePairing.Neighbours, r.RopeFactors));
}
