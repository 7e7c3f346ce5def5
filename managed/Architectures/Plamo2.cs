using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>PLaMo 2: a Mamba mixer with normed selection in most layers, attention with a norm for each head in some; norms before and after.
/// (Preferred Networks, 2025)</summary>
internal static unsafe class Plamo2
{
    // The steps' low-rank form has a sixteenth of the hidden size, but at least this many numbers.
    private const int LeastStepRank = 64;

    public static Architecture Family { get; } = new("plamo2", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Network(
            r.Tokens(),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), layer.KvHeads > 0 ? Attention(layer, rope) : Mixer(r, layer), layer.RmsNorm("post_attention_norm")),
                new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer), layer.RmsNorm("post_ffw_norm")),
            ],
            new Exit(r.RmsNorm("output_norm"), r.Head()));
    }

    private static Attention Attention(LayerReader layer, RopeTable rope) => layer.Attention(layer.Facts with
    {
        Rope = rope,
        Scale = 1f / MathF.Sqrt(layer.Facts.ValueSize),
        QueryNorm = OfEachHead(layer, "attn_q_norm", layer.Heads),
        KeyNorm = OfEachHead(layer, "attn_k_norm", layer.KvHeads),
    });

    // Weights of their own for every head.
    private static HeadNorm OfEachHead(LayerReader layer, string name, int heads)
    {
        int size = layer.Facts.KeySize;
        float* weights = layer.Tensors.Vector(layer.Name(name + ".weight"), (long)heads * size);
        Norm[] norms = new Norm[heads];
        for (int i = 0; i < heads; i++)
            norms[i] = new RmsRowNorm(size, weights + (long)i * size, layer.Model.RmsEpsilon);
        return new HeadNorm(norms);
    }

    private static GroupedMamba Mixer(ModelReader r, LayerReader layer)
    {
        int inner = (int)r.Range("ssm.inner_size", 1, ModelReader.MaxWidth), heads = (int)r.Range("ssm.time_step_rank", 1, inner);
        int state = (int)r.Range("ssm.state_size", 1, 1 << 16), taps = (int)r.Range("ssm.conv_kernel", 1, 1 << 10), rank = Math.Max(LeastStepRank, r.Hidden / 16);
        if (inner % heads != 0)
            throw r.Bad("ssm.time_step_rank", $"{heads} heads do not divide {inner} channels");
        r.Width(inner, StateRow.Padded(state) / 16, "ssm.state_size");
        Mamba2Sizes sizes = new(inner, heads, 1, state, taps);
        return new GroupedMamba(sizes, rank, layer.Linear("ssm_in", checked(2 * inner), r.Hidden), layer.Conv("ssm_conv1d", inner, taps, Activation.Silu),
            layer.Linear("ssm_x", checked(rank + 2 * state), inner),
            new MambaNorms(layer.RmsNorm("ssm_dt_norm", rank), layer.RmsNorm("ssm_b_norm", state), layer.RmsNorm("ssm_c_norm", state)),
            layer.Linear("ssm_dt", heads, rank), layer.Tensors.Vector(layer.Name("ssm_a"), heads), layer.Tensors.Vector(layer.Name("ssm_d"), heads),
            layer.Linear("ssm_out", r.Hidden, inner), layer.FixedState(HeadScan.StateFloats(heads, sizes.HeadSize, state), "ssm.state_size"));
    }

    // Gate and up in one matrix.
    private static FeedForward FeedForward(ModelReader r, LayerReader layer)
    {
        int size = layer.FeedForwardSize;
        return new FeedForward(
            Matrices.Gated(layer.Slice("ffn_up", 0, size, checked(2 * size), r.Hidden), layer.Slice("ffn_up", size, size, checked(2 * size), r.Hidden), Activation.Silu),
            layer.Linear("ffn_down", r.Hidden, size));
    }
}
