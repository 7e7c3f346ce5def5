using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>BitNet b1.58: norms also before the last matrix of each branch; the head is the embedding. (Ma et al., 2024)</summary>
internal static class BitNet
{
    public static Architecture Family { get; } = new("bitnet", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(
            layer => layer.Facts with
            {
                Rope = rope,
                Attended = new NormedResults(layer.RmsNorm("attn_sub_norm", checked(layer.Facts.Heads * layer.Facts.ValueSize))),
            },
            layer => layer.GatedFeedForward(Activation.Silu, middle: new NormedRow(layer.RmsNorm("ffn_sub_norm", layer.FeedForwardSize))));
    }
}
