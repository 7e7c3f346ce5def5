using Realm.Blocks;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Nanbeige: Llama whose layers are gone through more than once, with the same weights and keys of their own; between two rounds
/// stands the final norm. (Nanbeige LLM Lab, 2026)</summary>
internal static class Nanbeige
{
    public static Architecture Family { get; } = new("nanbeige", Build);

    private static Network Build(ModelReader r)
    {
        r.RepeatLayers(Math.Max(1, r.Int("num_loops", 1)), "num_loops");
        bool normed = !r.Flag("skip_loop_final_norm");
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu)),
                .. normed && IsBetweenRounds(r, layer.Index) ? (Block[])[new StreamNorm(r.RmsNorm("output_norm"))] : [],
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static bool IsBetweenRounds(ModelReader r, int layer) =>
        layer % r.LayersOfWeights == r.LayersOfWeights - 1 && layer < r.Layers - 1;
}
