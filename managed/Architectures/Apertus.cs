using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Apertus: queries and keys are normed, head by head; networks without a gate, each with a trained xIELU. (Swiss AI, 2025)</summary>
internal static class Apertus
{
    public static Architecture Family { get; } = new("apertus", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        return r.Decoder(layer => Qwen3.Facts(layer, rope), layer => layer.PlainFeedForward(Activation(r, layer.Index)));
    }

    // Its keys stand under no family's name.
    private static Xielu Activation(ModelReader r, int layer)
    {
        float slope = Number("beta");
        return new Xielu(slope + Softplus.Compute(Number("alpha_n")), Softplus.Compute(Number("alpha_p")), slope, Number("eps"));

        float Number(string name) => r.LayerNumber("xielu." + name, layer, prefixed: false);
    }
}
