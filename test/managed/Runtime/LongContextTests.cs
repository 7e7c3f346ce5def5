using Realm.State;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Texts longer than a split of keys, on a small random model: sharing out the past of single rows changes no bit.</summary>
public sealed unsafe class LongContextTests
{
    private const int Vocabulary = 20;

    [Theory]
    [InlineData(CacheType.F16)]
    [InlineData(CacheType.F32)]
    [InlineData(CacheType.Q8_0)]
    public void Gives_the_same_bits_however_the_past_is_shared_out(CacheType cache)
    {
        byte[] bytes = RandomModel();
        int[] tokens = [.. Enumerable.Range(0, 1100).Select(i => i * i % Vocabulary)];
        fixed (byte* b = bytes)
        {
            using ModelFile file = ModelFile.OpenBytes(b, bytes.Length);
            float[] expected;
            using (Model model = Model.Load(file, new ModelOptions(1, Cache: cache)))
                expected = Networks.Logits(model, tokens, 512);
            foreach ((int threads, int chunk) in new[] { (1, 1), (2, 1), (3, 1), (2, 512), (2, 2) })
            {
                using Model model = Model.Load(file, new ModelOptions(threads, Cache: cache));
                Assert.Equal(expected, Networks.Logits(model, tokens, chunk));
            }
            CheckTogether(file, tokens, expected, cache);
        }
    }

    // Sequences of different lengths decoding in one batch, each with a past of its own.
    private static void CheckTogether(ModelFile file, int[] tokens, float[] expected, CacheType cache)
    {
        using Model model = Model.Load(file, new ModelOptions(2, Cache: cache));
        using Batch batch = model.NewBatch();
        int[] lengths = [1050, 3, 600];
        Session[] sessions = [.. lengths.Select(_ => model.NewSession())];
        for (int s = 0; s < lengths.Length; s++)
        {
            for (int at = 0; at < lengths[s]; at += batch.Capacity)
            {
                batch.Clear();
                for (int i = at; i < Math.Min(at + batch.Capacity, lengths[s]); i++)
                    batch.Add(sessions[s], tokens[i], false);
                model.Forward(batch);
            }
        }
        batch.Clear();
        for (int s = 0; s < lengths.Length; s++)
            batch.Add(sessions[s], tokens[lengths[s]], true);
        model.Forward(batch);
        for (int s = 0; s < lengths.Length; s++)
        {
            Assert.Equal(expected.AsSpan(lengths[s] * Vocabulary, Vocabulary).ToArray(), new ReadOnlySpan<float>(batch.Logits(s), Vocabulary).ToArray());
            sessions[s].Dispose();
        }
    }

    private static byte[] RandomModel()
    {
        Random random = new(7);
        GgufWriter writer = new();
        writer.Add("general.architecture", "llama").Add("llama.block_count", 2u).Add("llama.embedding_length", 48u)
            .Add("llama.context_length", 2048u).Add("llama.feed_forward_length", 40u).Add("llama.attention.head_count", 6u)
            .Add("llama.attention.head_count_kv", 2u).Add("llama.attention.layer_norm_rms_epsilon", 1e-5f).Add("llama.attention.key_length", 24u)
            .Add("llama.attention.value_length", 24u);
        Matrix("token_embd.weight", 48, Vocabulary);
        Norm("output_norm.weight");
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = $"blk.{layer}.";
            Norm(prefix + "attn_norm.weight");
            Matrix(prefix + "attn_q.weight", 48, 144);
            Matrix(prefix + "attn_k.weight", 48, 48);
            Matrix(prefix + "attn_v.weight", 48, 48);
            Matrix(prefix + "attn_output.weight", 144, 48);
            Norm(prefix + "ffn_norm.weight");
            Matrix(prefix + "ffn_gate.weight", 48, 40);
            Matrix(prefix + "ffn_up.weight", 48, 40);
            Matrix(prefix + "ffn_down.weight", 40, 48);
        }
        return writer.ToArray();

        void Matrix(string name, int columns, int rows) =>
            writer.Tensor(name, [columns, rows], [.. Enumerable.Range(0, columns * rows).Select(_ => (random.NextSingle() - 0.5f) * 0.6f)]);

        void Norm(string name) => writer.Tensor(name, [48], [.. Enumerable.Repeat(1f, 48)]);
    }
}
