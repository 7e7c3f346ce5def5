using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>Qwen 3, dense: norms on queries and keys. (Yang et al., 2025)</summary>
internal static class Qwen3
{
    public static Architecture Facts { get; } = new("qwen3")
    {
        RopePairing = RopePairing.Halves,
        QueryKeyNorm = true,
    };
}
