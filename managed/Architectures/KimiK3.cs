using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Kimi K3: Kimi Linear's layers with bounded decays and gated latent attention, residual connections across layers, experts in a narrower space.
/// (Kimi Team, 2026)</summary>
internal static unsafe class KimiK3
{
    public static Architecture Family { get; } = new("kimi-k3", Build);

    private static Network Build(ModelReader r)
    {
        int every = r.Int("attn_res.block_size"), dense = r.DenseLayers, parts = every == 0 ? 1 : 1 + (r.Layers + every - 1) / every;
        r.Width(parts, r.Hidden, "attn_res.block_size");
        float bound = (float)(r.Contains("kda.gate_lower_bound") ? r.Unbounded("kda.gate_lower_bound") : double.NegativeInfinity);
        return r.Network(
            parts == 1 ? r.Tokens() : r.WideTokens(parts),
            layer => every == 0
                ?
                [
                    new Residual(layer.RmsNorm("attn_norm"), Mixer(layer, bound)),
                    new Residual(layer.RmsNorm("ffn_norm"), FeedForward(r, layer, dense)),
                ]
                :
                [
                    new Checkpoints.Part(Mix(layer, "attn_res_score", (layer.Index + every - 1) / every), layer.Index % every == 0, layer.RmsNorm("attn_norm"), Mixer(layer, bound)),
                    new Checkpoints.Part(Mix(layer, "ffn_res_score", layer.Index / every + 1), false, layer.RmsNorm("ffn_norm"), FeedForward(r, layer, dense)),
                ],
            every == 0
                ? new Exit(r.RmsNorm("output_norm"), r.Head())
                : new Checkpoints.MixedExit(new Checkpoints.Mix(r.Tensors.Vector("output_res_score.weight", r.Hidden), r.Hidden, parts - 1, r.RmsEpsilon),
                    r.RmsNorm("output_norm"), r.Head()));
    }

    private static Checkpoints.Mix Mix(LayerReader layer, string name, int banked) =>
        new(layer.Tensors.Vector(layer.Name(name + ".weight"), layer.Model.Hidden), layer.Model.Hidden, banked, layer.Model.RmsEpsilon);

    private static Branch Mixer(LayerReader layer, float bound)
    {
        if (layer.KvHeads == 0)
            return layer.KimiDelta(float.IsFinite(bound) ? bound : null, negatedRates: true);
        LatentShape shape = layer.LatentShape;
        return layer.Contains("attn_gate.weight")
            ? layer.LatentAttention(shape, layer.LatentFacts(shape), layer.Linear("attn_gate", checked(shape.Heads * shape.Value), layer.Model.Hidden),
                at => new AttentionGate(at, shape.Heads, shape.Value, perHead: false))
            : layer.LatentAttention(shape, layer.LatentFacts(shape));
    }

    private static Branch FeedForward(ModelReader r, LayerReader layer, int dense)
    {
        Situ situ = new((float)r.Number("activation.situ_beta", 1), r.Positive("activation.situ_linear_beta"));
        if (layer.Index < dense)
            return layer.GatedFeedForward(situ);
        Router router = layer.Router(layer.DescribedRouting());
        int count = r.ExpertCount, size = layer.ExpertSize(), latent = r.Int("expert_latent_length", 0);
        bool isLatent = layer.Contains("ffn_routed_down.weight");
        int width = isLatent && latent > 0 ? latent : r.Hidden;
        Matrices[] inner = [.. layer.ExpertLinears("ffn_gate_exps", count, size, width)
            .Zip(layer.ExpertLinears("ffn_up_exps", count, size, width), (gate, up) => Matrices.Gated(gate, up, situ))];
        Branch experts = new Experts(router, inner, layer.ExpertLinears("ffn_down_exps", count, width, size), routed: isLatent);
        if (isLatent)
        {
            experts = new LatentExperts(router, layer.Linear("ffn_routed_down", width, r.Hidden), experts,
                layer.Contains("ffn_routed_norm.weight") ? layer.RmsNorm("ffn_routed_norm", width) : null, layer.Linear("ffn_routed_up", r.Hidden, width));
        }
        // A shared expert that the file does not count is one.
        int shared = r.Width(size, Math.Max(1, r.Int("expert_shared_count")), "expert_shared_count");
        return layer.WithShared(experts, situ, layer.Contains("ffn_gate_shexp.weight") ? shared : 0);
    }
}
