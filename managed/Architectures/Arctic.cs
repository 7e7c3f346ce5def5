using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Arctic: a dense network behind attention, and experts beside both that read what the layer gets. (Snowflake, 2024)</summary>
internal static class Arctic
{
    public static Architecture Family { get; } = new("arctic", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Beside(
                    layer.RmsNorm("ffn_norm_exps"),
                    layer.GatedExperts(layer.Routing, Activation.Silu),
                    new Residual(layer.RmsNorm("attn_norm"), layer.Attention(layer.Facts with { Rope = rope })),
                    new Residual(layer.RmsNorm("ffn_norm"), layer.GatedFeedForward(Activation.Silu, r.Hidden))),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }
}
