using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>MiniCPM: Granite's network; where the file says none, the scales follow from width and depth. (Hu et al., 2024)</summary>
internal static class MiniCpm
{
    public static Architecture Family { get; } = new("minicpm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        GraniteScales scales = new(
            Scale("embedding_scale", 12f),
            Scale("residual_scale", 1.4f / MathF.Sqrt(r.Layers)),
            null,
            1f / Scale("logit_scale", 256f / r.Hidden));
        return Granite.Network(r, scales, layer => layer.Facts with { Rope = rope });

        float Scale(string key, float otherwise) => r.Contains(key) ? r.Positive(key) ?? 1f : otherwise;
    }
}
