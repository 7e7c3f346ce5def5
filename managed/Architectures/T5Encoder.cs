using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>The encoder of T5: positions are numbers added to scores, learned for distances, in the first layer for all; no scale of scores;
/// networks with ReLU, or gated by GELU. (Raffel et al., 2020)</summary>
internal static class T5Encoder
{
    public static Architecture Family { get; } = new("t5encoder", Build);

    private const int LeastBuckets = 4, MostBuckets = 256;

    private static unsafe Network Build(ModelReader r)
    {
        r.ReadWholeTexts();
        int buckets = (int)r.Range("attention.relative_buckets_count", LeastBuckets, MostBuckets);
        ScoreRule first = Distances(new LayerReader(r, 0, 0, "enc."));
        return r.Network(
            r.Tokens(),
            layer =>
            {
                LayerReader own = new(r, layer.Index, layer.Index, "enc.");
                AttentionFacts facts = own.Facts with
                {
                    Scale = 1f,
                    Score = own.Contains("attn_rel_b.weight") ? Distances(own) : first,
                };
                bool gated = own.Contains("ffn_gate.weight");
                return
                [
                    new Residual(own.RmsNorm("attn_norm"), own.Attention(facts, "attn_o")),
                    new Residual(own.RmsNorm("ffn_norm"), gated ? own.GatedFeedForward(Activation.GeluTanh) : own.PlainFeedForward(Activation.Relu)),
                ];
            },
            new Exit(r.RmsNorm("enc.output_norm"), null, width: r.Hidden));

        ScoreRule Distances(LayerReader layer) => new BucketedScores(
            r.Tensors.Vector(layer.Name("attn_rel_b.weight"), (long)layer.Heads * buckets), layer.Heads, buckets);
    }
}
