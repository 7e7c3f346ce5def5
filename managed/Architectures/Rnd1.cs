using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>RND1: Qwen 3 with experts, made a diffusion model; all tokens see each other. (Radical Numerics, 2025)</summary>
internal static class Rnd1
{
    public static Architecture Family { get; } = new("rnd1", r => Qwen3Moe.Build(r, r.Rope(RopePairing.Halves), Visibility.All));
}
