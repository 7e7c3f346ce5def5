using Realm.Runtime;
using Realm.State;

namespace Realm.Tests.Architectures;

/// <summary>A model whose tensors' values follow from their names: two models that share names share weights, however else they differ.</summary>
internal sealed class NamedTensors
{
    private readonly Dictionary<string, object> _keys = [];
    private readonly Dictionary<string, object> _whole = [];
    private readonly Dictionary<string, (long[] Shape, float[] Values)> _tensors = [];

    /// <summary>The values of a tensor.</summary>
    public float[] this[string name] => _tensors[name].Values;

    /// <summary>A metadata entry under the architecture's prefix.</summary>
    public NamedTensors Set(string key, object value)
    {
        _keys[key] = value;
        return this;
    }

    /// <summary>A metadata entry under no prefix.</summary>
    public NamedTensors SetWhole(string key, object value)
    {
        _whole[key] = value;
        return this;
    }

    /// <summary>Numbers around 0 of the size at which a product keeps its input's.</summary>
    public NamedTensors Weights(string name, params long[] shape) => Draw(name, shape, 0, MathF.Sqrt(3f / shape[0]));

    /// <summary>The same, times a factor.</summary>
    public NamedTensors Scaled(string name, float factor, params long[] shape) => Draw(name, shape, 0, factor * MathF.Sqrt(3f / shape[0]));

    /// <summary>Numbers near 1.</summary>
    public NamedTensors Ones(string name, params long[] shape) => Draw(name, shape, 1, 0.2f);

    /// <summary>These numbers.</summary>
    public NamedTensors Put(string name, long[] shape, params float[] values)
    {
        _tensors[name] = (shape, values);
        return this;
    }

    public NamedTensors Remove(params string[] names)
    {
        foreach (string name in names)
            _tensors.Remove(name);
        return this;
    }

    /// <summary>Several matrices of the same inputs become one, their outputs one after another; vectors too.</summary>
    public NamedTensors Fuse(string into, params string[] names)
    {
        float[] values = [.. names.SelectMany(name => _tensors[name].Values)];
        long[] first = _tensors[names[0]].Shape;
        Put(into, first.Length == 1 ? [values.Length] : [first[0], values.Length / first[0]], values);
        return Remove(names);
    }

    /// <summary>The tensor, by another name too.</summary>
    public NamedTensors Copy(string from, string to) => Put(to, _tensors[from].Shape, _tensors[from].Values);

    public unsafe ModelFile Open(string architecture)
    {
        byte[] bytes = ToArray(architecture);
        fixed (byte* start = bytes)
            return ModelFile.OpenBytes(start, bytes.Length);
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToArray(string architecture)
    {
        GgufWriter file = new GgufWriter().Add("general.architecture", architecture);
        foreach ((string key, object value) in _keys)
            file.Add($"{architecture}.{key}", value);
        foreach ((string key, object value) in _whole)
            file.Add(key, value);
        foreach ((string name, (long[] shape, float[] values)) in _tensors)
            file.Tensor(name, shape, values);
        return file.ToArray();
    }

    /// <summary>Logits of all positions.</summary>
    public float[] Logits(string architecture, params int[] tokens)
    {
        using ModelFile file = Open(architecture);
        using Model model = Model.Load(file, new ModelOptions(1, Cache: CacheType.F32));
        return Realm.Tests.Runtime.Networks.Logits(model, tokens, tokens.Length);
    }

    private NamedTensors Draw(string name, long[] shape, float middle, float range)
    {
        uint seed = 2166136261;
        foreach (char c in name)
            seed = (seed ^ c) * 16777619;
        Random random = new((int)seed);
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
            values[i] = middle + (2 * random.NextSingle() - 1) * range;
        return Put(name, shape, values);
    }

    /// <summary>A small decoder with all that the usual ones have: 2 layers unless said otherwise, width 32, 4 query heads and 2 key/value heads of 8,
    /// networks of 48, 64 tokens, 128 positions.</summary>
    public static NamedTensors Decoder(int layers = 2, bool gated = true, bool biases = false)
    {
        NamedTensors model = new NamedTensors().Set("block_count", (uint)layers).Set("embedding_length", 32u).Set("context_length", 128u)
            .Set("attention.head_count", 4u).Set("attention.head_count_kv", 2u).Set("attention.key_length", 8u).Set("attention.value_length", 8u)
            .Set("feed_forward_length", 48u).Set("attention.layer_norm_rms_epsilon", 1e-5f).Set("attention.layer_norm_epsilon", 1e-5f)
            .Weights("token_embd.weight", 32, 64).Weights("output.weight", 32, 64).Ones("output_norm.weight", 32);
        for (int i = 0; i < layers; i++)
        {
            string layer = $"blk.{i}.";
            model.Ones(layer + "attn_norm.weight", 32).Ones(layer + "ffn_norm.weight", 32)
                .Weights(layer + "attn_q.weight", 32, 32).Weights(layer + "attn_k.weight", 32, 16).Weights(layer + "attn_v.weight", 32, 16)
                .Weights(layer + "attn_output.weight", 32, 32).Weights(layer + "ffn_up.weight", 32, 48).Weights(layer + "ffn_down.weight", 48, 32);
            if (gated)
                model.Weights(layer + "ffn_gate.weight", 32, 48);
            if (biases)
                model.Weights(layer + "attn_q.bias", 32).Weights(layer + "attn_k.bias", 16).Weights(layer + "attn_v.bias", 16);
        }
        return model;
    }
}
