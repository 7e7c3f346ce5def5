using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Llama 4: most layers turn heads and see a chunk of 8192 positions, every fourth does not turn and grows its queries with the
/// position; weights multiply what experts read; every n-th layer has experts. (Meta, 2025)</summary>
internal static class Llama4
{
    // Numbers of the model, which files do not hold.
    private const int Chunk = 8192, TemperatureStep = 8192, StillEvery = 4;
    private const float TemperatureGrowth = 0.1f;

    // Maverick has no norm of queries and keys; it is known by its experts.
    private const int ExpertsWithoutNorms = 128;

    public static Architecture Family { get; } = new("llama4", Build);

    private static Network Build(ModelReader r)
    {
        // A window of 0 says that nothing of all this is there.
        bool plain = r.Contains("attention.sliding_window") && r.Int("attention.sliding_window") == 0;
        SlidingWindow chunks = r.SlidingWindow(4, Chunk);
        RopeFactors? factors = r.RopeFactors;
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: factors);
        RopeTable near = r.Rope(RopePairing.Neighbours, frequencyBase: r.WindowRopeBase, factors: factors);
        int stillEvery = plain ? r.Layers : StillEvery, step = r.Int("interleave_moe_layer_step");
        return r.Transformer(
            layer =>
            {
                AttentionFacts facts = layer.Facts with { Sees = chunks.Covers(layer.Index) ? Visibility.Chunk(Chunk) : Visibility.Causal };
                return layer.Attention((layer.Index + 1) % stillEvery != 0
                    ? Turned(r, facts, chunks.Covers(layer.Index) ? near : rope)
                    : facts with { Temperature = plain ? null : new LogTemperature(TemperatureGrowth, TemperatureStep, offset: 1) });
            },
            layer => step > 0 && (layer.Index + 1) % step == 0
                ? Mixture(layer, layer.ExpertSize())
                : layer.GatedFeedForward(Activation.Silu));
    }

    private static AttentionFacts Turned(ModelReader r, AttentionFacts facts, RopeTable rope)
    {
        HeadNorm? norm = r.ExpertCount == ExpertsWithoutNorms ? null : new HeadNorm(r.BareRmsNorm(r.KeySize));
        return facts with { Rope = rope, QueryNorm = norm, KeyNorm = norm, NormsAfterTurn = true };
    }

    private static Sum Mixture(LayerReader layer, int size) => new(
        layer.GatedExperts(
            layer.Routing with { Score = RouterScore.Sigmoid, ChoosesByOutputs = true, Normalizes = false, WeightsInputs = true },
            Activation.Silu,
            size),
        layer.SharedExpert(Activation.Silu, size));
}
