using Realm.Kernels;

namespace Realm.Architectures;

/// <summary>Qwen 2 and 2.5: biases on queries, keys and values. (Yang et al., 2024)</summary>
internal static class Qwen2
{
    public static Architecture Facts { get; } = new("qwen2")
    {
        RopePairing = RopePairing.Halves,
    };
}
