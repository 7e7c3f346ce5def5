using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Delta nets with the usual names of keys and tensors.</summary>
internal sealed unsafe partial class LayerReader
{
    /// <summary>Attention whose query matrix gives for every head a query and then a gate of its results. (Qwen Team, 2025)</summary>
    public Attention AttentionWithGates(RopeTable rope)
    {
        AttentionFacts facts = Facts;
        int size = facts.KeySize, queries = model.Width(checked(2 * facts.Heads), size, "attention.head_count"), keys = checked(facts.KvHeads * size);
        Linear[] projections = [Linear("attn_q", queries, model.Hidden), Linear("attn_k", keys, model.Hidden), Linear("attn_v", checked(facts.KvHeads * facts.ValueSize), model.Hidden)];
        return Attention(
            facts with
            {
                Rope = rope,
                QueryNorm = HeadRmsNorm("attn_q_norm"),
                KeyNorm = HeadRmsNorm("attn_k_norm"),
                Layout = new AttentionLayout(0, checked(2 * size), queries, size, queries + keys, facts.ValueSize),
                Attended = new StridedGate(size, checked(2 * size), facts.Heads, facts.ValueSize),
            },
            projections, Linear("attn_output", model.Hidden, checked(facts.Heads * facts.ValueSize)));
    }

    /// <summary>A gated delta net with the usual tensors. Sizes by the keys <c>ssm.state_size</c> (of a head), <c>ssm.group_count</c> (key heads),
    /// <c>ssm.time_step_rank</c> (heads), <c>ssm.inner_size</c>, <c>ssm.conv_kernel</c>. Rates and decays are two matrices, or one in which those of a key
    /// head's heads follow one another.</summary>
    /// <param name="interleaved">A head's keys are those of its share of the heads, not of its number's remainder.</param>
    /// <param name="sigmoidGate">The gate is a sigmoid, not a SiLU.</param>
    public DeltaNet GatedDelta(bool interleaved, bool sigmoidGate = false)
    {
        int size = (int)model.Range("ssm.state_size", 1, 1 << 16), keyHeads = (int)model.Range("ssm.group_count", 1, 1 << 16);
        int heads = (int)model.Range("ssm.time_step_rank", 1, 1 << 16), inner = model.Width(heads, size, "ssm.time_step_rank");
        if (heads % keyHeads != 0 || model.Int("ssm.inner_size") != inner)
            throw model.Bad("ssm.inner_size", $"{keyHeads} key heads, {heads} heads of {size} and {model.Int("ssm.inner_size")} channels don't fit each other");
        DeltaSizes sizes = new(heads, keyHeads, size, size, interleaved);
        model.Width(sizes.Channels, 1, "ssm.group_count");
        int gate = sizes.Channels, rest = gate + inner, taps = (int)model.Range("ssm.conv_kernel", 1, 1 << 10);
        bool together = Contains("ssm_ba.weight");
        Linear[] others = together
            ? [Linear("ssm_ba", checked(2 * heads), model.Hidden)]
            : [Linear("ssm_beta", heads, model.Hidden), Linear("ssm_alpha", heads, model.Hidden)];
        int share = heads / keyHeads;
        int[] rates = [.. Enumerable.Range(0, heads).Select(h => rest + (together ? checked(h / share * 2 * share + h % share) : h))];
        int[] decays = [.. rates.Select(place => place + (together ? share : heads))];
        return new DeltaNet(sizes, [.. QueriesToGate(sizes), .. others], new DeltaLayout(decays, rates, gate), Conv("ssm_conv1d", sizes.Channels, taps, Activation.Silu),
            new DeltaWeights
            {
                Rates = Tensors.Vector(Name("ssm_a"), heads),
                Bias = Tensors.Vector(Name("ssm_dt.bias"), heads),
                Norm = RmsNorm("ssm_norm", size),
                SigmoidGate = sigmoidGate,
                Epsilon = model.RmsEpsilon,
            },
            Linear("ssm_out", model.Hidden, inner), FixedState(sizes.StateFloats, "ssm.state_size"));
    }

    // Queries, keys, values and gate; in older files they lie together for every key head.
    private Linear[] QueriesToGate(DeltaSizes sizes)
    {
        int inner = checked(sizes.Heads * sizes.ValueSize);
        if (Contains("attn_qkv.weight"))
            return [Linear("attn_qkv", sizes.Channels, model.Hidden), Linear("attn_gate", inner, model.Hidden)];
        int values = inner / sizes.KeyHeads, part = checked(2 * sizes.KeySize + 2 * values), all = model.Width(part, sizes.KeyHeads, "ssm.group_count");
        return
        [
            .. Parts(0, sizes.KeySize), .. Parts(sizes.KeySize, sizes.KeySize), .. Parts(checked(2 * sizes.KeySize), values), .. Parts(checked(2 * sizes.KeySize + values), values),
        ];

        IEnumerable<Linear> Parts(int first, int count) =>
            Enumerable.Range(0, sizes.KeyHeads).Select(head => Slice("ssm_in", checked(head * part + first), count, all, model.Hidden));
    }

    /// <summary>A delta net whose decays belong to the elements of keys. Heads have <c>kda.head_dim</c> elements; queries, keys and values have convolutions of
    /// their own; decays and gate are projected, or come through a low-rank form. (Kimi Team, 2025)</summary>
    /// <param name="bound">The least logarithm of a decay; null: none.</param>
    /// <param name="negatedRates">With a bound: the file holds the rates' negatives.</param>
    public DeltaNet KimiDelta(float? bound = null, bool negatedRates = false)
    {
        int size = (int)model.Range("kda.head_dim", 1, 1 << 16), inner = model.Width(Heads, size, "attention.head_count");
        DeltaSizes sizes = new(Heads, Heads, size, size, DecaysByElement: true);
        model.Width(3, inner, "attention.head_count");
        Linear[] queries = Contains("attn_qkv.weight")
            ? [Linear("attn_qkv", checked(3 * inner), model.Hidden)]
            : [Linear("attn_q", inner, model.Hidden), Linear("attn_k", inner, model.Hidden), Linear("attn_v", inner, model.Hidden)];
        (Linear decays, Linear? decayUp) = LowRank("ssm_f", inner);
        (Linear gate, Linear? gateUp) = LowRank("ssm_g", inner);
        int at = checked(3 * inner), rates = at + decays.Outputs;
        DeltaLayout layout = new(DeltaLayout.Places(at, inner), DeltaLayout.Places(rates, Heads), rates + Heads);
        return new DeltaNet(sizes, [.. queries, decays, Linear("ssm_beta", Heads, model.Hidden), gate], layout, ThreeConvs(inner),
            new DeltaWeights
            {
                Rates = bound != null && negatedRates ? Negated(Tensors.Vector(Name("ssm_a"), Heads), Heads) : Tensors.Vector(Name("ssm_a"), Heads),
                Bias = Tensors.Vector(Name("ssm_dt.bias"), inner),
                Bound = bound,
                DecayUp = decayUp,
                GateUp = gateUp,
                Norm = RmsNorm("ssm_norm", size),
                SigmoidGate = true,
                Epsilon = model.RmsEpsilon,
            },
            Linear("attn_output", model.Hidden, inner), FixedState(sizes.StateFloats, "kda.head_dim"));
    }

    private float* Negated(float* values, int n)
    {
        float* negated = Tensors.Room(n);
        for (int i = 0; i < n; i++)
            negated[i] = -values[i];
        return negated;
    }

    // `name` alone, or `name`_a and, where there is one, `name`_b behind it.
    private (Linear First, Linear? Up) LowRank(string name, int outputs)
    {
        if (Contains(name + ".weight"))
            return (Linear(name, outputs, model.Hidden), null);
        if (!Contains(name + "_b.weight"))
            return (Linear(name + "_a", outputs, model.Hidden), null);
        int rank = Tensors.RowCount(Name(name + "_a.weight"));
        return (Linear(name + "_a", rank, model.Hidden), Linear(name + "_b", outputs, rank));
    }

    // Of queries, keys and values, with one tail.
    private CausalConv ThreeConvs(int inner)
    {
        int taps = (int)model.Range("ssm.conv_kernel", 1, 1 << 10), channels = checked(3 * inner);
        float* all = Tensors.Room((long)channels * taps);
        long each = (long)inner * taps, at = 0;
        foreach (string name in (ReadOnlySpan<string>)["ssm_conv1d_q", "ssm_conv1d_k", "ssm_conv1d_v"])
        {
            new ReadOnlySpan<float>(Tensors.Vector(Name(name + ".weight"), each), checked((int)each)).CopyTo(new Span<float>(all + at, (int)each));
            at += each;
        }
        return new CausalConv(all, Tensors.Room((long)channels * taps), null, channels, taps, FixedState(CausalConv.TailFloats(channels, taps), "ssm.conv_kernel"),
            Activation.Silu);
    }
}
