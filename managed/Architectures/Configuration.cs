using Realm.Blocks;
using Realm.Gguf;

namespace Realm.Architectures;

/// <summary>Reads a model's configuration from metadata, in one place, and checks it as a whole.</summary>
internal static class Configuration
{
    private const int MaxLayers = 1024;
    private const int MaxHidden = 1 << 20;
    private const int MaxContext = 1 << 26;

    public static ModelConfig Read(Architecture architecture, GgufMetadata metadata, TensorReader tensors)
    {
        string prefix = architecture.Name + ".";
        int layers = (int)metadata.RequireInteger(prefix + "block_count", 1, MaxLayers);
        int hidden = (int)metadata.RequireInteger(prefix + "embedding_length", 1, MaxHidden);
        int context = (int)metadata.RequireInteger(prefix + "context_length", 1, MaxContext);
        int[] heads = PerLayer(metadata, prefix + "attention.head_count", layers, null);
        int[] kvHeads = PerLayer(metadata, prefix + "attention.head_count_kv", layers, heads);
        int[] feedForward = PerLayer(metadata, prefix + "feed_forward_length", layers, null);
        for (int i = 0; i < layers; i++)
        {
            if (heads[i] % kvHeads[i] != 0)
                throw Bad(prefix + "attention.head_count_kv", $"{kvHeads[i]} does not divide the {heads[i]} heads of layer {i}");
        }
        int headSize = Size(metadata, prefix + "attention.key_length", hidden / heads[0]);
        int valueSize = Size(metadata, prefix + "attention.value_length", headSize);
        if (headSize < 1 || headSize % 2 != 0)
            throw Bad(prefix + "attention.key_length", $"{headSize} is not a positive even number");
        if (valueSize != headSize)
            throw Bad(prefix + "attention.value_length", $"{valueSize} differs from the key length {headSize}");
        float epsilon = (float)(metadata.Number(prefix + "attention.layer_norm_rms_epsilon")
            ?? throw new RealmException(ErrorCode.MissingKey, $"metadata key '{prefix}attention.layer_norm_rms_epsilon' is missing"));
        if (!(epsilon >= 0 && epsilon < 1))
            throw Bad(prefix + "attention.layer_norm_rms_epsilon", $"{epsilon} is not in [0, 1)");
        double scale = architecture.AttentionScale ? Finite(metadata, prefix + "attention.scale", 0) : 0;
        int experts = (int)(metadata.Integer(prefix + "expert_count") ?? 0);
        if (experts != 0 && !architecture.Experts)
            throw new RealmException(ErrorCode.Unsupported, $"architecture '{architecture.Name}' with experts ({prefix}expert_count = {experts}) is not supported");
        int used = experts == 0 ? 0 : (int)metadata.RequireInteger(prefix + "expert_used_count", 1, experts);
        double expertScale = Finite(metadata, prefix + "expert_weights_scale", 0);
        return new ModelConfig
        {
            Architecture = architecture.Name,
            Name = metadata.Text("general.name") ?? "",
            Layers = layers,
            HiddenSize = hidden,
            VocabSize = tensors.Rows("token_embd.weight"),
            ContextLength = context,
            HeadCount = heads[0],
            KvHeadCount = kvHeads[0],
            HeadSize = headSize,
            FeedForwardSize = feedForward[0],
            NormEpsilon = epsilon,
            Rope = ReadRope(architecture, metadata, tensors, prefix, headSize, context),
            HeadCounts = heads,
            KvHeadCounts = kvHeads,
            FeedForwardSizes = feedForward,
            AttentionScale = scale == 0 ? 1f / MathF.Sqrt(headSize) : (float)scale,
            ExpertCount = experts,
            ExpertUsedCount = used,
            ExpertWeightScale = expertScale == 0 ? 1f : (float)expertScale,
        };
    }

    private static RopeConfig ReadRope(Architecture architecture, GgufMetadata metadata, TensorReader tensors, string prefix, int headSize, int context)
    {
        int dimensions = Size(metadata, prefix + "rope.dimension_count", headSize);
        if (dimensions < 2 || dimensions % 2 != 0 || dimensions > headSize)
            throw Bad(prefix + "rope.dimension_count", $"{dimensions} is not an even number from 2 to the head size {headSize}");
        if (architecture.WholeHeadTurns && dimensions != headSize)
            throw Bad(prefix + "rope.dimension_count", $"{dimensions} is not the head size {headSize}");
        double frequencyBase = Finite(metadata, prefix + "rope.freq_base", 10000);
        if (frequencyBase <= 0)
            throw Bad(prefix + "rope.freq_base", $"{frequencyBase} is not positive");
        float[]? factors = architecture.RopeFactors ? tensors.OptionalValues("rope_freqs.weight", dimensions / 2) : null;
        if (factors != null && factors.Any(f => !(f > 0) || float.IsInfinity(f)))
            throw new RealmException(ErrorCode.Hparam, "tensor 'rope_freqs.weight' holds a factor that is not positive and finite");
        return RopeConfig.Create(architecture.RopePairing, dimensions, frequencyBase, ReadScaling(metadata, prefix, context), factors);
    }

    private static RopeScaling ReadScaling(GgufMetadata metadata, string prefix, int context)
    {
        string scaling = prefix + "rope.scaling.";
        string type = metadata.Text(scaling + "type") ?? "linear";
        if (type is not ("none" or "linear" or "yarn"))
            throw new RealmException(ErrorCode.Unsupported, $"{scaling}type is '{type}'; supported are none, linear, yarn");
        double factor = Finite(metadata, scaling + "factor", Finite(metadata, prefix + "rope.scale_linear", 0));
        if (factor < 0)
            throw Bad(scaling + "factor", $"{factor} is negative");
        if (factor == 0 || type == "none")
            factor = 1;
        double extrapolation = Finite(metadata, scaling + "yarn_ext_factor", -1);
        if (extrapolation < 0)
            extrapolation = type == "yarn" ? 1 : 0;
        double attentionFactor = Finite(metadata, scaling + "attn_factor", 1);
        double logMultiplier = Finite(metadata, scaling + "yarn_log_multiplier", 0);
        // YaRN grows the magnitude of queries and keys with the logarithm of the factor (Peng et al., 2023, equation 22);
        // models that say how much do it by the ratio of two such terms.
        double magnitude = extrapolation == 0
            ? Finite(metadata, scaling + "yarn_attn_factor", 1)
            : logMultiplier == 0 ? Growth(1) : Growth(1) / Growth(logMultiplier);
        long original = metadata.Integer(scaling + "original_context_length") ?? context;
        return new RopeScaling
        {
            Factor = factor,
            ExtrapolationFactor = extrapolation,
            BetaFast = Positive(scaling + "yarn_beta_fast", 32),
            BetaSlow = Positive(scaling + "yarn_beta_slow", 1),
            OriginalContext = original > 0 ? original : context,
            Magnitude = magnitude * attentionFactor,
        };

        double Growth(double multiplier) => factor <= 1 ? 1 : 0.1 * multiplier * Math.Log(factor) + 1;

        double Positive(string key, double otherwise) => Finite(metadata, key, otherwise) is > 0 and double value
            ? value
            : throw Bad(key, "not positive");
    }

    /// <summary>One number for all layers, or an array of one for each.</summary>
    private static int[] PerLayer(GgufMetadata metadata, string key, int layers, int[]? otherwise)
    {
        if (otherwise != null && !metadata.Contains(key))
            return otherwise;
        int[] values = new int[layers];
        if (metadata.IsArray(key))
        {
            long[] given = metadata.Integers(key)!;
            if (given.Length < layers)
                throw Bad(key, $"it has {given.Length} values for {layers} layers");
            for (int i = 0; i < layers; i++)
                values[i] = given[i] is >= 1 and <= MaxHidden ? (int)given[i] : throw Bad(key, $"{given[i]} for layer {i} is not from 1 to {MaxHidden}");
        }
        else
        {
            Array.Fill(values, (int)metadata.RequireInteger(key, 1, MaxHidden));
        }
        return values;
    }

    private static int Size(GgufMetadata metadata, string key, int otherwise) =>
        metadata.Contains(key) ? (int)metadata.RequireInteger(key, 1, MaxHidden) : otherwise;

    private static double Finite(GgufMetadata metadata, string key, double otherwise)
    {
        double value = metadata.Number(key) ?? otherwise;
        return double.IsFinite(value) ? value : throw Bad(key, $"{value} is not finite");
    }

    private static RealmException Bad(string key, string why) => new(ErrorCode.Hparam, $"metadata key '{key}': {why}");
}
