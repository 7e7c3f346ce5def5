using Realm.Runtime;

namespace Realm.Tests;

/// <summary>A model file of an architecture with weights drawn by a seed, in memory: for shapes that no file at hand has.</summary>
internal sealed class RandomModel(string architecture, int seed = 1)
{
    private readonly GgufWriter _file = new GgufWriter().Add("general.architecture", architecture);
    private readonly Random _random = new(seed);

    /// <summary>Adds a metadata entry under the architecture's prefix.</summary>
    public RandomModel Set(string key, object value)
    {
        _file.Add($"{architecture}.{key}", value);
        return this;
    }

    /// <summary>Adds a tensor of numbers around 0, of the size at which a product neither grows nor shrinks its input.</summary>
    public RandomModel Weights(string name, params long[] shape)
    {
        float scale = MathF.Sqrt(3f / shape[0]);
        return Add(name, shape, () => (2 * _random.NextSingle() - 1) * scale);
    }

    /// <summary>Adds a tensor of numbers near 1.</summary>
    public RandomModel Ones(string name, params long[] shape) => Add(name, shape, () => 0.8f + 0.4f * _random.NextSingle());

    private RandomModel Add(string name, long[] shape, Func<float> draw)
    {
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
            values[i] = draw();
        _file.Tensor(name, shape, values);
        return this;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToArray() => _file.ToArray();

    /// <summary>Opens it.</summary>
    public unsafe ModelFile Open()
    {
        byte[] bytes = ToArray();
        fixed (byte* start = bytes)
            return ModelFile.OpenBytes(start, bytes.Length);
    }

    /// <summary>A dense Llama of this shape.</summary>
    public static RandomModel Llama(int hidden, int layers, int heads, int kvHeads, int headSize, int feedForward, int vocabulary, int context = 256, int seed = 1)
    {
        RandomModel model = new RandomModel("llama", seed).Set("block_count", (uint)layers).Set("embedding_length", (uint)hidden)
            .Set("context_length", (uint)context).Set("attention.head_count", (uint)heads).Set("attention.head_count_kv", (uint)kvHeads)
            .Set("attention.key_length", (uint)headSize).Set("attention.value_length", (uint)headSize).Set("rope.dimension_count", (uint)headSize)
            .Set("feed_forward_length", (uint)feedForward).Set("attention.layer_norm_rms_epsilon", 1e-5f)
            .Weights("token_embd.weight", hidden, vocabulary).Ones("output_norm.weight", hidden);
        for (int i = 0; i < layers; i++)
        {
            model.Ones($"blk.{i}.attn_norm.weight", hidden).Ones($"blk.{i}.ffn_norm.weight", hidden)
                .Weights($"blk.{i}.attn_q.weight", hidden, heads * headSize).Weights($"blk.{i}.attn_k.weight", hidden, kvHeads * headSize)
                .Weights($"blk.{i}.attn_v.weight", hidden, kvHeads * headSize).Weights($"blk.{i}.attn_output.weight", heads * headSize, hidden)
                .Weights($"blk.{i}.ffn_gate.weight", hidden, feedForward).Weights($"blk.{i}.ffn_up.weight", hidden, feedForward)
                .Weights($"blk.{i}.ffn_down.weight", feedForward, hidden);
        }
        return model;
    }
}
