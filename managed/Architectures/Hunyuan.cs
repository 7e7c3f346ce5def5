using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Hunyuan, dense: queries and keys are normed, head by head, after they turned; a factor stretches the base. (Tencent Hunyuan
/// Team, 2025)</summary>
internal static class Hunyuan
{
    public static Architecture Family { get; } = new("hunyuan-dense", Build);

    private static Network Build(ModelReader r) => Network(r, severalDimensions: false);

    /// <summary>Its network; positions may have several dimensions.</summary>
    public static Network Network(ModelReader r, bool severalDimensions)
    {
        double? @base = r.Positive("rope.scaling.alpha") is { } alpha && r.KeySize > 2
            ? r.Number("rope.freq_base", 10000) * Math.Pow(alpha, r.KeySize / (r.KeySize - 2.0)) : null;
        RopeTable rope = severalDimensions
            ? r.MultiRope(interleaved: false, frequencyBase: @base, factors: r.RopeFactors)
            : r.Rope(RopePairing.Halves, frequencyBase: @base, factors: r.RopeFactors);
        return r.Decoder(layer => Qwen3.Facts(layer, rope) with { NormsAfterTurn = true });
    }
}
