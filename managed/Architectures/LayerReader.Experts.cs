using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Mixtures of experts as files describe them.</summary>
internal sealed unsafe partial class LayerReader
{
    /// <summary>How many experts there are and are used, and their groups: what all mixtures' keys say. The rest is the family's.</summary>
    public Routing Routing
    {
        get
        {
            int experts = model.ExpertCount, used = model.PerLayer("expert_used_count", 0)[index];
            if (experts == 0)
                throw model.Bad("expert_count", "this network is a mixture of experts, the file says that there are none");
            if (used < 1 || used > experts)
                throw model.Bad("expert_used_count", $"{used} of {experts} experts");
            int groups = Math.Max(1, model.Int("expert_group_count", 0)), groupsUsed = model.Int("expert_group_used_count", 0);
            if (groups > 1 && (experts % groups != 0 || groupsUsed < 1 || groupsUsed > groups))
                throw model.Bad("expert_group_count", $"{groups} groups, {groupsUsed} used, of {experts} experts");
            return new Routing { Experts = experts, Used = used, Groups = groups, GroupsUsed = groups > 1 ? groupsUsed : 1 };
        }
    }

    /// <summary>Routing that the file describes itself: the function of scores (or the family's, where the file has none), whether weights
    /// sum up to one, their scale, and a bias of the choice where there is one.</summary>
    public Routing DescribedRouting(RouterScore? otherwise = null) => Routing with
    {
        Score = model.RouterScore(otherwise),
        Normalizes = model.Flag("expert_weights_norm"),
        Scale = model.Positive("expert_weights_scale") ?? 1f,
        SelectionBias = SelectionBias(model.ExpertCount),
    };

    /// <summary>What is added to scores while experts are chosen; null: nothing.</summary>
    public float[]? SelectionBias(int experts) =>
        Tensors.OptionalValues(Name("exp_probs_b.bias"), experts) ?? Tensors.OptionalValues(Name("exp_probs_b"), experts);

    /// <summary>Width of an expert: <c>expert_feed_forward_length</c>, or what is given where that is absent or 0; one of both must
    /// be.</summary>
    public int ExpertSize(int otherwise = 0)
    {
        int size = model.PerLayer("expert_feed_forward_length", 0)[index];
        size = size > 0 ? size : otherwise;
        return size > 0 ? size : throw model.Bad("expert_feed_forward_length", $"the experts of layer {index} have no width");
    }

    /// <summary>Width of an expert; where the file does not say, the feed-forward network's shared out among the experts that are
    /// used.</summary>
    public int ExpertSizeOrShare() => ExpertSize(FeedForwardSize / Routing.Used);

    /// <summary>A mixture of gated networks with the usual tensors: <c>ffn_gate_inp</c>, <c>ffn_gate_exps</c>, <c>ffn_up_exps</c>,
    /// <c>ffn_down_exps</c>.</summary>
    public Experts GatedExperts(Routing routing, Activation activation, int size = 0) => Experts(Router(routing), activation, size);

    /// <summary>The usual router: <c>ffn_gate_inp</c>.</summary>
    public Router Router(Routing routing) => new(Linear("ffn_gate_inp", routing.Experts, model.Hidden), routing);

    /// <summary>The experts of a router: <c>ffn_gate_exps</c> and <c>ffn_up_exps</c>, the first perhaps missing, or both in
    /// <c>ffn_gate_up_exps</c>; <c>ffn_down_exps</c>.</summary>
    /// <param name="router">Its number of experts is the matrices'.</param>
    /// <param name="activation">The activation of all.</param>
    /// <param name="size">Their width; 0: the layer's feed-forward network's.</param>
    /// <param name="kind">The end of the tensors' names.</param>
    /// <param name="routed">The router has chosen before.</param>
    public Experts Experts(Router router, Activation activation, int size = 0, string kind = "_exps", bool routed = false)
    {
        size = size == 0 ? FeedForwardSize : size;
        int experts = router.Routing.Experts;
        return new Experts(router, InnerMatrices(experts, activation, size, kind),
            ExpertLinears("ffn_down" + kind, experts, model.Hidden, size), routed);
    }

    /// <summary>A network that serves all tokens beside the experts: <c>ffn_gate_shexp</c>, <c>ffn_up_shexp</c>,
    /// <c>ffn_down_shexp</c>.</summary>
    public FeedForward SharedExpert(Activation activation, int size) => GatedFeedForward(activation, size, "_shexp");

    /// <summary>Experts and, where its width is not 0, a shared one.</summary>
    public Branch WithShared(Branch experts, Activation activation, int size) =>
        size == 0 ? experts : new Sum(experts, SharedExpert(activation, size));

    /// <summary>SwiGLU with the layer's limit by this key; without one where it is 0.</summary>
    public Activation LimitedSwiglu(string key)
    {
        float limit = model.LayerNumber(key, index);
        return limit > 1e-6f ? new ClampedSwiglu(limit, 1f, 0f) : Activation.Silu;
    }

    /// <summary>SwiGLU whose factors have the layer's limit by this key; without one where it is 0.</summary>
    public Activation CappedSwiglu(string key) => model.LayerNumber(key, index) is > 1e-6f and float limit ? new CappedSwiglu(limit) : Activation.Silu;

    /// <summary>Inner matrices of experts, gated ones where there are gates.</summary>
    public Matrices[] InnerMatrices(int experts, Activation activation, int size, string kind)
    {
        string fused = "ffn_gate_up" + kind, gate = "ffn_gate" + kind, up = "ffn_up" + kind;
        if (Contains(fused + ".weight"))
        {
            int both = model.Width(2, size, "expert_feed_forward_length");
            return Gated(Tensors.Experts(Name(fused), experts, size, model.Hidden, 0, both),
                Tensors.Experts(Name(fused), experts, size, model.Hidden, size, both), activation);
        }
        Linear[] ups = ExpertLinears(up, experts, size, model.Hidden);
        return Contains(gate + ".weight")
            ? Gated(ExpertLinears(gate, experts, size, model.Hidden), ups, activation)
            : Array.ConvertAll(ups, linear => Matrices.Activated(linear, activation));
    }

    private static Matrices[] Gated(Linear[] gates, Linear[] ups, Activation activation) =>
        [.. gates.Zip(ups, (gate, up) => Matrices.Gated(gate, up, activation))];
}
