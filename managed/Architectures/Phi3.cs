using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Phi 3 to 4: Llama's shape with fused matrices; frequencies divided by factors (LongRoPE). The window of Phi 3 mini is not
/// looked through, as nowhere where its files are run. (Abdin et al., 2024)</summary>
internal static class Phi3
{
    public static Architecture Family { get; } = new("phi3", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.FusedFeedForward(Activation.Silu));
    }
}
