using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>
/// HRM-Text: two stacks of layers, a slow and a fast one, each with a state; the fast one runs some times before the slow one does, and
/// all that some times again, with the same weights and keys of its own every time. (Wang et al., 2025) </summary>
internal static class HrmText
{
    public static Architecture Family { get; } = new("hrm_text", Build);

    private static Network Build(ModelReader r)
    {
        int stack = (int)r.Range("hrm.layers_per_stack", 1, r.Layers);
        int slowCycles = (int)r.Range("hrm.h_cycles", 1, r.Layers), fastCycles = (int)r.Range("hrm.l_cycles", 1, r.Layers);
        if (checked((long)stack * slowCycles * (fastCycles + 1)) != r.Layers)
            throw r.Bad("block_count", $"{r.Layers} is not {stack} layers a stack times {slowCycles} times {fastCycles} + 1");
        RopeTable rope = r.Rope(RopePairing.Halves);
        CarriedPart slow = new(1, r.Hidden), fast = new(2, r.Hidden);
        Block[][] layers = new Block[r.Layers][];
        for (int i = 0; i < r.Layers; i++)
        {
            bool isSlow = i / stack % (fastCycles + 1) == fastCycles;
            LayerReader layer = new(r, i, (isSlow ? stack : 0) + i % stack);
            layers[i] =
            [
                .. i == 0 ? Begin(r, slow, fast) : [],
                .. i % stack == 0 ? (Block[])[slow.Sum(fast)] : [],
                new Residual(r.BareRmsNorm(), Attention(layer, rope)),
                new Residual(r.BareRmsNorm(), layer.GatedFeedForward(Activation.Silu)),
                .. i % stack == stack - 1 ? (Block[])[new StreamNorm(r.BareRmsNorm()), (isSlow ? slow : fast).Keep()] : [],
            ];
        }
        return r.Network(r.WideTokens(3, r.Positive("embedding_scale") ?? 1f), layers, new Exit(null, r.Head()));
    }

    // The slow state begins as the embedding, the fast one as a vector of the file.
    private static unsafe Block[] Begin(ModelReader r, CarriedPart slow, CarriedPart fast)
    {
        string name = r.Tensors.Contains("hrm.z_l_init") ? "hrm.z_l_init" : "hrm.z_l_init.weight";
        return [slow.Keep(), fast.Fill(r.Tensors.Vector(name, r.Hidden))];
    }

    private static Attention Attention(LayerReader layer, RopeTable rope) =>
        layer.GatedAttention(layer.Facts with { Rope = rope }, perHead: false);
}
