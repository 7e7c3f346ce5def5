using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>Dream: Qwen 2's shape made a diffusion model; all tokens see each other. (Ye et al., 2025)</summary>
internal static class Dream
{
    public static Architecture Family { get; } = new("dream", r => Llada.Network(r, RopePairing.Halves));
}
