using Realm.Blocks;
using Realm.Branches;

namespace Realm.Architectures;

/// <summary>The shape that most transformers have.</summary>
internal sealed partial class ModelReader
{
    /// <summary>Layers of attention and a feed-forward network, each behind a root-mean-square norm: x += branch(norm(x)).</summary>
    /// <param name="attention">A layer's attention.</param>
    /// <param name="feedForward">A layer's feed-forward network, or mixture.</param>
    /// <param name="secondNorm">The norm before the feed-forward network.</param>
    /// <param name="embeddingScale">What embeddings are multiplied with.</param>
    /// <param name="residualScale">What both branches' results are multiplied with.</param>
    /// <param name="logitScale">What logits are multiplied with.</param>
    /// <param name="wholeText">Tokens see what comes after them.</param>
    public Network Transformer(Func<LayerReader, Branch> attention, Func<LayerReader, Branch> feedForward, string secondNorm = "ffn_norm",
        float embeddingScale = 1f, float residualScale = 1f, float logitScale = 1f, bool wholeText = false) => Network(
            Tokens(embeddingScale),
            layer =>
            [
                new Residual(layer.RmsNorm("attn_norm"), attention(layer), scale: residualScale),
                new Residual(layer.RmsNorm(secondNorm), feedForward(layer), scale: residualScale),
            ],
            new Exit(RmsNorm("output_norm"), Head(), logitScale), wholeText);

    /// <summary>A layer's number of those that a key holds: one for all layers, or an array; 0 where it is absent.</summary>
    public float LayerNumber(string key, int layer)
    {
        if (!_metadata.IsArray(_prefix + key))
            return (float)Number(key, 0);
        double[] given = _metadata.Numbers(_prefix + key)!;
        return given.Length > layer && double.IsFinite(given[layer]) ? (float)given[layer]
            : throw Bad(key, $"it has no finite number for layer {layer}");
    }

    /// <summary>Layers at the beginning whose feed-forward network is no mixture.</summary>
    public int DenseLayers => Int("leading_dense_block_count", 0);

    /// <summary>The base of frequencies in layers that see a window: <c>rope.freq_base_swa</c>, or that of all layers.</summary>
    public double WindowRopeBase => Number("rope.freq_base_swa", Number("rope.freq_base", 10000));

    /// <summary>The router's function as the file says; where it says nothing, the family's.</summary>
    public RouterScore RouterScore(RouterScore? otherwise = null) => Int("expert_gating_func", 0) switch
    {
        0 when otherwise is { } score => score,
        1 => Branches.RouterScore.Softmax,
        2 => Branches.RouterScore.Sigmoid,
        3 => Branches.RouterScore.SoftmaxOfChosen,
        4 => Branches.RouterScore.SquareRootSoftplus,
        int number => throw Bad("expert_gating_func", $"{number} is not from 1 to 4"),
    };
}
