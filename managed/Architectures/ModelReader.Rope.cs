using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Rotary position embedding as files describe it.</summary>
internal sealed partial class ModelReader
{
    /// <summary>A table of positions by the usual keys; each different one is made once.</summary>
    /// <param name="pairing">Which elements form a pair.</param>
    /// <param name="dimensions">Elements of a head that turn; 0: <c>rope.dimension_count</c>, or the whole head.</param>
    /// <param name="frequencyBase">The base; null: <c>rope.freq_base</c>, or 10000.</param>
    /// <param name="scaled">Whether the file's scaling of positions applies.</param>
    /// <param name="factors">Divisors of the frequencies, or null.</param>
    /// <param name="magnitude">A further factor of cosine and sine.</param>
    /// <param name="logMultiplier">What YaRN's growth of magnitudes is divided by the growth with; null: as the file says; 0: nothing.</param>
    /// <param name="stands">Pairs that stand still at all positions; null: none.</param>
    public RopeTable Rope(
        RopePairing pairing,
        int dimensions = 0,
        double? frequencyBase = null,
        bool scaled = true,
        RopeFactors? factors = null,
        double magnitude = 1,
        double? logMultiplier = null,
        Func<int, bool>? stands = null)
    {
        if (dimensions == 0)
            dimensions = Size("rope.dimension_count", KeySize);
        if (dimensions < 2 || dimensions % 2 != 0 || dimensions > KeySize)
            throw Bad("rope.dimension_count", $"{dimensions} is not an even number from 2 to the head size {KeySize}");
        double @base = frequencyBase ?? Number("rope.freq_base", 10000);
        if (@base <= 0)
            throw Bad("rope.freq_base", $"{@base} is not positive");
        RopeScaling scaling = scaled ? ReadScaling(logMultiplier) : new RopeScaling();
        scaling = scaling with { Magnitude = scaling.Magnitude * magnitude };
        RopeConfig config = Config(factors?.Usual);
        RopeConfig? longer = factors?.Long == null ? null : Config(factors.Long);
        if (longer != null)
            LongFrom = (int)Math.Min(OriginalContext, int.MaxValue);
        if (_ropeTables.Find(known => known.Config.IsSame(config) && known.IsLongSame(longer)) is { } table)
            return table;
        _ropeTables.Add(table = new RopeTable(config, longer));
        return table;

        RopeConfig Config(float[]? divisors)
        {
            if (divisors != null && (divisors.Length != dimensions / 2 || divisors.Any(f => !(f > 0) || float.IsInfinity(f))))
                throw new RealmException(ErrorCode.Hparam,
                    "factors of rotary position embedding: one is not positive and finite, or there are too few or too many");
            RopeConfig made = RopeConfig.Create(pairing, dimensions, @base, scaling, divisors);
            for (int i = 0; stands != null && i < dimensions / 2; i++)
            {
                if (stands(i))
                    made.Frequencies[i] = 0;
            }
            return made;
        }
    }

    /// <summary>A text that may become longer than this turns by other factors from its beginning on.</summary>
    public int LongFrom { get; private set; } = int.MaxValue;

    /// <summary>
    /// A table for positions of several dimensions (time, height, width, and one more), of each of which some pairs speak:
    /// <c>rope.dimension_sections</c>. Text moves through the first three alike, so it turns as with one; what speaks of the fourth
    /// stands still. (Wang et al., 2024) </summary>
    /// <param name="interleaved">The first three take turns, pair by pair (Bai et al., 2025); else they follow one another.</param>
    /// <param name="frequencyBase">As for one dimension.</param>
    /// <param name="factors">As for one dimension.</param>
    public RopeTable MultiRope(bool interleaved, double? frequencyBase = null, RopeFactors? factors = null)
    {
        long[] s = RopeSections;
        long all = s.Sum();
        return Rope(RopePairing.Halves, frequencyBase: frequencyBase, factors: factors, stands: all == 0 ? null : Stands);

        bool Stands(int pair)
        {
            long sector = pair % all;
            return interleaved ? sector >= checked(3 * s[(sector % 3) switch { 1 => 1, 2 => 2, _ => 0 }]) : sector >= s[0] + s[1] + s[2];
        }
    }

    /// <summary>Whether positions have several dimensions.</summary>
    public bool HasRopeSections => RopeSections is [> 0, > 0, ..];

    /// <summary>Divisors of the frequencies as tensors: one for any length (Llama 3), or LongRoPE's two; null where there are none.</summary>
    public RopeFactors? RopeFactors
    {
        get
        {
            int pairs = Size("rope.dimension_count", KeySize) / 2;
            if (Tensors.OptionalValues("rope_freqs.weight", pairs) is { } all)
                return new RopeFactors(all, null);
            float[]? usual = Tensors.OptionalValues("rope_factors_short.weight", pairs), longer = Tensors.OptionalValues("rope_factors_long.weight", pairs);
            return usual == null && longer == null ? null : new RopeFactors(usual, Context > OriginalContext ? longer : null);
        }
    }

    // Pairs of each dimension of positions: four numbers.
    private long[] RopeSections
    {
        get
        {
            const string Key = "rope.dimension_sections";
            if (!_metadata.IsArray(_prefix + Key))
                return [0, 0, 0, 0];
            long[] given = _metadata.Integers(_prefix + Key, 5)!;
            return given.Length is 3 or 4 && given.All(n => n is >= 0 and <= MaxWidth) ? [.. given, .. new long[4 - given.Length]]
                : throw Bad(Key, "it is not three or four numbers of pairs");
        }
    }

    private RopeScaling ReadScaling(double? givenMultiplier)
    {
        const string Scaling = "rope.scaling.";
        string type = Text(Scaling + "type") ?? "linear";
        if (type is not ("none" or "linear" or "yarn" or "longrope"))
            throw new RealmException(ErrorCode.Unsupported, $"{_prefix}{Scaling}type is '{type}'; supported are none, linear, yarn, longrope");
        double factor = PositionFactor, extrapolation = Extrapolation;
        double logMultiplier = givenMultiplier ?? Number(Scaling + "yarn_log_multiplier", 0);
        // YaRN grows the magnitude of queries and keys with the logarithm of the factor (Peng et al., 2023, equation 22);
        // models that say how much do it by the ratio of two such terms.
        double magnitude = extrapolation == 0 ? 1 : logMultiplier == 0 ? Growth(1) : Growth(1) / Growth(logMultiplier);
        return new RopeScaling
        {
            Factor = factor,
            ExtrapolationFactor = extrapolation,
            BetaFast = Above0(Scaling + "yarn_beta_fast", 32),
            BetaSlow = Above0(Scaling + "yarn_beta_slow", 1),
            OriginalContext = OriginalContext,
            Magnitude = magnitude * AttentionFactor,
        };

        double Growth(double multiplier) => factor <= 1 ? 1 : 0.1 * multiplier * Math.Log(factor) + 1;

        double Above0(string key, double otherwise) => Number(key, otherwise) is > 0 and double value ? value : throw Bad(key, "not positive");
    }

    /// <summary>What positions are divided by; 1: nothing.</summary>
    public double PositionFactor
    {
        get
        {
            double factor = Number("rope.scaling.factor", Number("rope.scale_linear", 0));
            if (factor < 0)
                throw Bad("rope.scaling.factor", $"{factor} is negative");
            return factor == 0 || Text("rope.scaling.type") is "none" or "longrope" ? 1 : factor;
        }
    }

    /// <summary>The table of layers that look through a window in most families: positions are not scaled, cosine and sine are.</summary>
    /// <param name="frequencyBase">The base; null: <c>rope.freq_base_swa</c>, or 10000.</param>
    /// <param name="dimensions">As of <see cref="Rope"/>.</param>
    /// <param name="pairing">Which elements form a pair.</param>
    public RopeTable WindowRope(double? frequencyBase = null, int dimensions = 0, RopePairing pairing = RopePairing.Halves) =>
        Rope(pairing, dimensions, frequencyBase ?? Number("rope.freq_base_swa", 10000), scaled: false, magnitude: AttentionFactor);

    /// <summary>What cosine and sine are multiplied by, scaled positions or not.</summary>
    private double AttentionFactor => Number("rope.scaling.attn_factor", 1);

    /// <summary>How much of YaRN's ramp applies; 0: positions are divided, and that is all.</summary>
    public double Extrapolation
    {
        get
        {
            double given = Number("rope.scaling.yarn_ext_factor", -1);
            return given >= 0 ? given : Text("rope.scaling.type") == "yarn" ? 1 : 0;
        }
    }

    /// <summary>Positions the model was trained for before its context was stretched.</summary>
    public long OriginalContext => _metadata.Integer(_prefix + "rope.scaling.original_context_length") is > 0 and long original ? original : Context;
}
