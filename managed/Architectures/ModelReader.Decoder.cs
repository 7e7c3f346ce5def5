using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>The shape that most decoders have.</summary>
internal sealed partial class ModelReader
{
    /// <summary>Tokens; layers of attention to a norm of the stream, then of a feed-forward network of a norm of it; a norm and the
    /// head.</summary>
    /// <param name="attention">What attention is in a layer.</param>
    /// <param name="feedForward">The second part; null: gated by SiLU.</param>
    /// <param name="layerNorms">Layer norms, not root-mean-square norms.</param>
    /// <param name="first">What happens to the stream before the first layer; null: nothing.</param>
    public Network Decoder(
        Func<LayerReader, AttentionFacts> attention,
        Func<LayerReader, Branch>? feedForward = null,
        bool layerNorms = false,
        Block? first = null)
    {
        return Network(
            Tokens(),
            layer =>
            [
                .. First(layer),
                new Residual(Norm(layer, "attn_norm"), layer.Attention(attention(layer))),
                new Residual(Norm(layer, "ffn_norm"), feedForward?.Invoke(layer) ?? layer.GatedFeedForward(Activation.Silu)),
            ],
            new Exit(layerNorms ? LayerNorm("output_norm") : RmsNorm("output_norm"), Head()));

        Block[] First(LayerReader layer) => first != null && layer.Index == 0 ? [first] : [];

        Norm Norm(LayerReader layer, string name) => layerNorms ? layer.LayerNorm(name) : layer.RmsNorm(name);
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
}
