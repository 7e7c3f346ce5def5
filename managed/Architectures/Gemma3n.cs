using Realm.Blocks;
using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>Gemma 3n: alternating updates of four streams; low-rank maps beside attention; an embedding of the token for each layer; sparse gates in the
/// first layers; the last layers borrow the keys of an earlier one. (Gemma Team, 2025)</summary>
internal static unsafe class Gemma3n
{
    public static Architecture Family { get; } = new("gemma3n", Build);

    private const int LayersWithKeys = 20;
    private const int SparseLayers = 10;
    // Of the normal distribution 95 of 100 numbers are below so many deviations.
    private const float Sharpness = 1.6448533535003662f;

    private static Network Build(ModelReader r)
    {
        if (r.Int("altup.active_idx", 0) != 0)
            throw r.Bad("altup.active_idx", "layers compute the first stream");
        int streams = r.Contains("altup.num_inputs") ? (int)r.Range("altup.num_inputs", 2, AltUp.MostStreams) : 4;
        int size = r.Contains("embedding_length_per_layer_input") ? (int)r.Range("embedding_length_per_layer_input", 1, ModelReader.MaxWidth) : 256;
        r.Width(streams, r.Hidden, "altup.num_inputs");
        SlidingWindow window = r.SlidingWindow(every: 5);
        RopeTable far = r.Rope(RopePairing.Halves);
        RopeTable near = r.WindowRope();
        int own = r.Contains("attention.shared_kv_layers") ? r.Layers - r.Int("attention.shared_kv_layers") : Math.Min(r.Layers, LayersWithKeys);
        if (own < (own == r.Layers ? 0 : 2))
            throw r.Bad("attention.shared_kv_layers", $"{r.Layers - own} of {r.Layers} layers: at least two must have keys of their own");
        KeyValueSlot[] slots = new KeyValueSlot[r.Layers];
        return r.Network(
            Gemma4.LayerTokens(r, size, streams),
            layer =>
            [
                .. layer.Index == 0 ? (Block[])[Gemma4.Projection(r, size, streams), new AltUp.Spread(Matrices(r, "altup_proj", streams))] : [],
                new AltUp.Layer(
                    new AltUp.Router(layer.RmsNorm("altup_router_norm"), layer.Linear("altup_router", streams, r.Hidden)),
                    layer.Tensors.Vector(layer.Name("altup_predict_coef.weight"), checked((long)streams * streams * streams)),
                    layer.Tensors.Vector(layer.Name("altup_correct_coef.weight"), (long)streams * streams),
                    r.Hidden,
                    new ParallelResidual((layer.RmsNorm("attn_norm"), new Sum(
                        new Normed(Gemma4.Attention(layer, window, window.Covers(layer.Index) ? near : far, r.KeySize, own, slots),
                            layer.RmsNorm("post_attention_norm")),
                        Laurel(r, layer),
                        new Identity(r.Hidden)))),
                    new Scaled(MathF.Sqrt(0.5f), r.Hidden),
                    new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer), layer.RmsNorm("post_ffw_norm"))),
                new LayerEmbeddings.Added(layer.Linear("inp_gate", size, r.Hidden), Activation.GeluTanh, layer.Linear("proj", r.Hidden, size),
                    layer.RmsNorm("post_norm"), layer.Index, streams,
                    new WeightedRow(r.Hidden, layer.Tensors.Vector(layer.Name("altup_correct_scale.weight"), r.Hidden))),
            ],
            new AltUp.MergedExit(Matrices(r, "altup_unembd_proj", streams), r.RmsNorm("output_norm"), r.Head(), Gemma2.Cap(r, "final_logit_softcapping", 30)));
    }

    private static Linear[] Matrices(ModelReader r, string name, int streams) => r.Tensors.Experts(name, streams - 1, r.Hidden, r.Hidden);

    // A learned augmented residual layer: a low-rank map beside attention. (Menghani et al., 2024)
    private static Normed Laurel(ModelReader r, LayerReader layer)
    {
        int rank = r.Tensors.RowCount(layer.Name("laurel_l.weight"));
        return new Normed(new FeedForward(new Matrices(layer.Linear("laurel_l", rank, r.Hidden)), layer.Linear("laurel_r", r.Hidden, rank)),
            layer.RmsNorm("laurel_post_norm"));
    }

    private static FeedForward FeedForward(ModelReader r, LayerReader layer)
    {
        const string Key = "activation_sparsity_scale";
        float sharpness = r.Contains(Key) ? r.LayerNumber(Key, layer.Index, bounded: false) : layer.Index < SparseLayers ? Sharpness : float.NegativeInfinity;
        int size = layer.FeedForwardSize;
        if (!float.IsFinite(sharpness) || size < 2)
            return layer.GatedFeedForward(Activation.GeluTanh);
        r.Width(2, size, "feed_forward_length");
        return new FeedForward(new Matrices(layer.Linear("ffn_gate", size, r.Hidden), layer.Linear("ffn_up", size, r.Hidden)),
            layer.Linear("ffn_down", r.Hidden, size), new SparseGate(size, sharpness));
    }
}
