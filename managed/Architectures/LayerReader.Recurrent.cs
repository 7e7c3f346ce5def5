using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;
using Realm.State;

namespace Realm.Architectures;

/// <summary>Recurrent bodies with the usual names of keys and tensors.</summary>
internal sealed unsafe partial class LayerReader
{
    // The largest that is known, Nemotron-H's with 56 billion weights, has a quarter of it.
    private const long MaxState = 1 << 24;

    /// <summary>What the layer remembers of a sequence beside keys and values, of one size at any length.</summary>
    /// <param name="floats">How many numbers. Heads of a size that is allowed may have a square that no sequence should take.</param>
    /// <param name="key">The key that decides it.</param>
    public FixedSlot FixedState(long floats, string key) => floats <= MaxState ? model.State.Fixed(index, floats)
        : throw model.Bad(key, $"layer {index} would remember {floats} numbers of each sequence, more than {MaxState}");

    /// <summary>A short convolution of the tensor `name`, (channels, taps), with its bias where there is one.</summary>
    public CausalConv Conv(string name, int channels, int taps, Activation? activation, int dilation = 1)
    {
        float* weights = Tensors.Vector(Name(name + ".weight"), (long)channels * taps);
        return new CausalConv(weights, Tensors.Room((long)channels * taps), Tensors.OptionalVector(Name(name + ".bias"), channels), channels, taps,
            FixedState(CausalConv.TailFloats(channels, taps, dilation), "ssm.conv_kernel"), activation, dilation);
    }

    /// <summary>The sizes of a Mamba 2 mixer by the keys <c>ssm.inner_size</c>, <c>ssm.time_step_rank</c> (heads), <c>ssm.group_count</c>,
    /// <c>ssm.state_size</c>, <c>ssm.conv_kernel</c>.</summary>
    private Mamba2Sizes Mamba2Sizes
    {
        get
        {
            int inner = (int)model.Range("ssm.inner_size", 1, ModelReader.MaxWidth), heads = (int)model.Range("ssm.time_step_rank", 1, inner);
            int groups = (int)model.Range("ssm.group_count", 1, heads), state = (int)model.Range("ssm.state_size", 1, 1 << 16);
            if (inner % heads != 0 || heads % groups != 0 || inner % groups != 0)
                throw model.Bad("ssm.group_count", $"{inner} channels, {heads} heads and {groups} groups do not divide each other");
            model.Width(groups, checked(2 * state), "ssm.state_size");
            model.Width(inner, StateRow.Padded(state) / 16, "ssm.state_size");
            return new Mamba2Sizes(inner, heads, groups, state, (int)model.Range("ssm.conv_kernel", 1, 1 << 10));
        }
    }

    /// <summary>A Mamba 2 mixer with the usual tensors.</summary>
    public Mamba2 Mamba2()
    {
        Mamba2Sizes sizes = Mamba2Sizes;
        return new Mamba2(sizes, Linear("ssm_in", sizes.Projected, model.Hidden), Conv("ssm_conv1d", sizes.Channels, sizes.Taps, Activation.Silu),
            Tensors.Vector(Name("ssm_a"), sizes.Heads), Tensors.Vector(Name("ssm_d"), sizes.Heads), Tensors.Vector(Name("ssm_dt.bias"), sizes.Heads),
            Contains("ssm_norm.weight") ? GroupedRmsNorm("ssm_norm", sizes.Inner, sizes.Groups) : null,
            Linear("ssm_out", model.Hidden, sizes.Inner), FixedState(HeadScan.StateFloats(sizes.Heads, sizes.HeadSize, sizes.StateSize), "ssm.state_size"));
    }

    /// <summary>A norm of `groups` neighbouring parts of a row, each for itself, with weights of their own.</summary>
    public Norm GroupedRmsNorm(string name, int size, int groups) => model.GroupedRmsNorm(Name(name), size, groups);

    /// <summary>A Mamba mixer with the usual tensors; steps, B and C are normed where the file has norms for them, or, without weights, where
    /// <c>ssm.dt_b_c_rms</c> says so.</summary>
    public Mamba Mamba()
    {
        int inner = (int)model.Range("ssm.inner_size", 1, ModelReader.MaxWidth), state = (int)model.Range("ssm.state_size", 1, 1 << 16);
        MambaSizes sizes = new(inner, state, (int)model.Range("ssm.time_step_rank", 1, ModelReader.MaxWidth), (int)model.Range("ssm.conv_kernel", 1, 1 << 10));
        model.Width(inner, StateRow.Padded(state) / 16, "ssm.state_size");
        int padded = StateRow.Padded(state);
        float* a = Tensors.Vector(Name("ssm_a"), (long)inner * state), rates = Tensors.Room((long)inner * padded);
        for (int i = 0; i < inner; i++)
            StateRow.Fill(a + (long)i * state, state, rates + (long)i * padded);
        return new Mamba(sizes, Linear("ssm_in", checked(2 * inner), model.Hidden), Conv("ssm_conv1d", inner, sizes.Taps, Activation.Silu),
            Linear("ssm_x", checked(sizes.StepRank + 2 * state), inner), Linear("ssm_dt", inner, sizes.StepRank), MambaNorms(sizes), rates,
            Tensors.Vector(Name("ssm_d"), inner), Linear("ssm_out", model.Hidden, inner), FixedState(Branches.Mamba.StateFloats(sizes), "ssm.state_size"));
    }

    private MambaNorms? MambaNorms(MambaSizes sizes)
    {
        bool weighted = Contains("ssm_dt_norm.weight") && Contains("ssm_b_norm.weight") && Contains("ssm_c_norm.weight");
        if (!weighted && !model.Flag("ssm.dt_b_c_rms"))
            return null;
        return new MambaNorms(Of("ssm_dt_norm", sizes.StepRank), Of("ssm_b_norm", sizes.StateSize), Of("ssm_c_norm", sizes.StateSize));

        Norm Of(string name, int size) => weighted ? RmsNorm(name, size) : new RmsRowNorm(size, null, model.RmsEpsilon);
    }
}
