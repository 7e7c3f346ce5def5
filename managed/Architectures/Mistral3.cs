using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Ministral 3: Llama, or a mixture; the further the position, the larger the queries. (Mistral AI, 2025)</summary>
internal static class Mistral3
{
    public static Architecture Family { get; } = new("mistral3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        PositionScale? temperature = r.Positive("attention.temperature_scale") is { } scale
            ? new LogTemperature(scale, r.OriginalContext) : null;
        return r.Decoder(
            layer => layer.Facts with { Rope = rope, Temperature = temperature },
            layer => r.ExpertCount > 0 ? layer.GatedExperts(layer.Routing, Activation.Silu) : layer.GatedFeedForward(Activation.Silu));
    }
}
