using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>The shape that most transformers have.</summary>
internal sealed partial class ModelReader
{
    /// <summary>Layers of attention and a feed-forward network, each behind a norm: x += branch(norm(x)).</summary>
    /// <param name="attention">A layer's attention.</param>
    /// <param name="feedForward">A layer's feed-forward network, or mixture.</param>
    /// <param name="secondNorm">The norm before the feed-forward network.</param>
    /// <param name="embeddingScale">What embeddings are multiplied with.</param>
    /// <param name="residualScale">What both branches' results are multiplied with.</param>
    /// <param name="logitScale">What logits are multiplied with.</param>
    /// <param name="wholeText">Tokens see what comes after them.</param>
    /// <param name="layerNorms">Layer norms, not root-mean-square norms.</param>
    /// <param name="first">What happens to the stream before the first layer; null: nothing.</param>
    public Network Transformer(Func<LayerReader, Branch> attention, Func<LayerReader, Branch> feedForward, string secondNorm = "ffn_norm",
        float embeddingScale = 1f, float residualScale = 1f, float logitScale = 1f, bool wholeText = false, bool layerNorms = false, Block? first = null)
    {
        return Network(
            Tokens(embeddingScale),
            layer =>
            [
                .. first != null && layer.Index == 0 ? (Block[])[first] : [],
                new Residual(Norm(layer, "attn_norm"), attention(layer), scale: residualScale),
                new Residual(Norm(layer, secondNorm), feedForward(layer), scale: residualScale),
            ],
            new Exit(layerNorms ? LayerNorm("output_norm") : RmsNorm("output_norm"), Head(), logitScale), wholeText);

        Norm Norm(LayerReader layer, string name) => layerNorms ? layer.LayerNorm(name) : layer.RmsNorm(name);
    }

    /// <summary>The same with the usual matrices of attention.</summary>
    /// <param name="attention">What attention is in a layer.</param>
    /// <param name="feedForward">A layer's feed-forward network; null: gated by SiLU.</param>
    /// <param name="layerNorms">Layer norms, not root-mean-square norms.</param>
    /// <param name="first">What happens to the stream before the first layer; null: nothing.</param>
    public Network Decoder(
        Func<LayerReader, AttentionFacts> attention, Func<LayerReader, Branch>? feedForward = null, bool layerNorms = false, Block? first = null) =>
        Transformer(
            layer => layer.Attention(attention(layer)),
            feedForward ?? (layer => layer.GatedFeedForward(Activation.Silu)),
            layerNorms: layerNorms,
            first: first);

    /// <summary>The vector of the first kind of text, to be added to the stream before the first layer.</summary>
    public unsafe Block FirstTokenType()
    {
        const string Name = "token_types.weight";
        return new AddedVector(Tensors.Vector(Name, (long)Tensors.RowCount(Name) * Hidden), Hidden);
    }

    /// <summary>Positions that were learned, one vector for each, to be added to the stream before the first layer.</summary>
    public unsafe Block LearnedPositions()
    {
        const string Name = "position_embd.weight";
        int count = Tensors.RowCount(Name);
        if (count < Context)
            throw Bad("context_length", $"{Context} positions, but {Name} has {count}");
        return new LearnedPositions(Tensors.Vector(Name, (long)count * Hidden), Hidden);
    }

    /// <summary>A layer's number of those that a key holds: one for all layers, or an array; 0 where it is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="prefixed">Whether the key stands under the family's name.</param>
    /// <param name="bounded">Whether it must be finite.</param>
    public float LayerNumber(string key, int layer, bool prefixed = true, bool bounded = true)
    {
        string whole = prefixed ? _prefix + key : key;
        if (!_metadata.IsArray(whole))
            return _metadata.Number(whole) is not { } one ? 0 : double.IsFinite(one) ? (float)one : throw Bad(key, $"{one} is not finite");
        double[] given = _metadata.Numbers(whole, layer + 1)!;
        return given.Length > layer && (bounded ? double.IsFinite(given[layer]) : !double.IsNaN(given[layer])) ? (float)given[layer]
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
