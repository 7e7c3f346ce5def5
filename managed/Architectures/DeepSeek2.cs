using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>DeepSeek 2, 3 and their kin: latent attention, experts in groups with a bias of the choice, shared experts, the first layers
/// dense. (DeepSeek-AI, 2024 and 2025)</summary>
internal static class DeepSeek2
{
    // GLM 4.7 Flash, whose files name no function of scores: known by its layers and its vocabulary.
    private const int SigmoidVocabulary = 154880;

    // YaRN: both magnitudes grow by the same multiplier, so that their ratio is one.
    public static Architecture Family { get; } = new("deepseek2", r => Build(r, multiplier => multiplier == 0 ? 0 : 1));

    /// <summary>DeepSeek 3.2: attention sees the keys that an indexer has chosen, which are all up to their number.</summary>
    public static Architecture Sparse { get; } = new("deepseek32", r => BuildSparse(r, null));

    /// <summary>The network with such attention, in a context that ends where the choice would begin.</summary>
    /// <param name="r">The file.</param>
    /// <param name="score">The router's function where the file has none; null: it must have.</param>
    public static Network BuildSparse(ModelReader r, RouterScore? score)
    {
        r.LimitContext((int)r.Range("attention.indexer.top_k", 1, int.MaxValue));
        return Build(r, multiplier => multiplier == 0 ? 0 : 1, score ?? r.RouterScore());
    }

    /// <summary>The network.</summary>
    /// <param name="r">The file.</param>
    /// <param name="magnitude">Of the file's multiplier of YaRN's growth, the one that the growth of turned elements is divided by.</param>
    /// <param name="score">The router's function where the file has none; null: DeepSeek's.</param>
    public static Network Build(ModelReader r, Func<double, double> magnitude, RouterScore? score = null)
    {
        // Files hold a tenth of it.
        double multiplier = r.Number("rope.scaling.yarn_log_multiplier", 0) / 0.1;
        RopeTable rope = r.Rope(RopePairing.Neighbours, logMultiplier: magnitude(multiplier));
        float scale = Scale(r, rope, multiplier);
        PositionScale? temperature = r.Positive("attention.temperature_scale") is { } growth
            ? new LogTemperature(growth, r.Range("attention.temperature_length", 1, int.MaxValue)) : null;
        int dense = r.DenseLayers;
        return r.Transformer(
            layer =>
            {
                LatentShape shape = layer.LatentShape;
                AttentionFacts facts = layer.LatentFacts(shape);
                return layer.LatentAttention(shape, facts with { Rope = rope, Scale = facts.Scale * scale, Temperature = temperature });
            },
            layer => layer.Index < dense ? layer.GatedFeedForward(Activation.Silu) : Mixture(r, layer, layer.ExpertSize(), score ?? DefaultScore(r)));
    }

    private static Branch Mixture(ModelReader r, LayerReader layer, int size, RouterScore score) => layer.WithShared(
        layer.GatedExperts(layer.DescribedRouting(score), Activation.Silu, size),
        Activation.Silu,
        r.Width(size, r.Int("expert_shared_count"), "expert_shared_count"));

    private static RouterScore DefaultScore(ModelReader r) =>
        r.Layers is 47 or 48 && r.Tensors.RowCount("token_embd.weight") == SigmoidVocabulary ? RouterScore.Sigmoid : RouterScore.Softmax;

    // Scores grow with the logarithm of the stretch of positions; those of elements that turn have that already, so all are given it here.
    private static float Scale(ModelReader r, RopeTable rope, double multiplier)
    {
        double logarithm = Math.Log(r.PositionFactor), turned = rope.Config.Magnitude * (r.Extrapolation == 0 ? 1 + 0.1 * logarithm : 1);
        double all = turned * (1 + 0.1 * multiplier * logarithm);
        return (float)(all * all);
    }
}
