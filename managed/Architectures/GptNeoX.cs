using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>GPT-NeoX and Pythia: part of each head turns; attention beside the network, each of its own layer norm, or before it.
/// (Black et al., 2022)</summary>
internal static class GptNeoX
{
    public static Architecture Family { get; } = new("gptneox", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        bool parallel = r.Flag("use_parallel_residual", otherwise: true);
        return r.Network(
            r.Tokens(),
            layer => Blocks(
                parallel,
                (layer.LayerNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                (layer.LayerNorm("ffn_norm"), layer.PlainFeedForward(Activation.GeluTanh))),
            new Exit(r.LayerNorm("output_norm"), r.Head()));
    }

    private static Block[] Blocks(bool parallel, (Norm Norm, Branch Branch) attention, (Norm Norm, Branch Branch) feedForward) => parallel
        ? [new ParallelResidual(attention, feedForward)]
        : [new Residual(attention.Norm, attention.Branch), new Residual(feedForward.Norm, feedForward.Branch)];
}
