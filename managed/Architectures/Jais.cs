using Realm.Branches;

namespace Realm.Architectures;

/// <summary>Jais: GPT-2's shape with scores bent by distance and scaled by the head size, networks gated by SiLU. (Sengupta et al.,
/// 2023)</summary>
internal static class Jais
{
    public static Architecture Family { get; } = new("jais", Build);

    private static Network Build(ModelReader r)
    {
        float? bias = r.Positive("attention.max_alibi_bias");
        return r.Decoder(
            layer => layer.Facts with { Scale = 1f / r.KeySize, Score = bias is { } most ? ScoreRule.Slopes(layer.Heads, most) : null },
            layerNorms: true);
    }
}
