using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>SmolLM 3: Llama of which every fourth layer does not turn. (Bakouch et al., 2025)</summary>
internal static class SmolLm3
{
    public static Architecture Family { get; } = new("smollm3", Build);

    private const int TurnsUntil = 4;

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = layer.Index % TurnsUntil == TurnsUntil - 1 ? null : rope });
    }
}
