using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>BLOOM: layer norms, also of the embedding; scores bent by distance; GELU. (BigScience Workshop, 2022)</summary>
internal static class Bloom
{
    public static Architecture Family { get; } = new("bloom", Build);

    private static Network Build(ModelReader r) => r.Decoder(
        layer => layer.Facts with { Score = ScoreRule.Slopes(layer.Heads, 8) },
        layer => layer.PlainFeedForward(Activation.GeluTanh),
        layerNorms: true,
        first: new StreamNorm(r.LayerNorm("token_embd_norm")));
}
