using Realm.Blocks;
using Realm.Runtime;
using Realm.State;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Vectors of texts against what their tokens' vectors say.</summary>
public class TextEmbedderTests
{
    private const int Hidden = 24, Vocabulary = 40;

    private static readonly EmbeddingOptions _raw = new(Pooling.None, Normalized: false);

    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Cls)]
    [InlineData(Pooling.Last)]
    public void A_text_is_pooled(Pooling pooling)
    {
        using ModelFile file = Encoder().Open();
        using Model model = Load(file);
        int[] text = Text(11);
        float[] tokens = Networks.Vectors(model, [text], _raw), expected = new float[Hidden];
        for (int i = 0; i < Hidden; i++)
        {
            for (int t = 0; t < text.Length && pooling == Pooling.Mean; t++)
                expected[i] += tokens[t * Hidden + i];
            expected[i] = pooling == Pooling.Mean ? expected[i] / text.Length : tokens[(pooling == Pooling.Cls ? 0 : text.Length - 1) * Hidden + i];
        }
        Assert.Equal(expected, Networks.Vectors(model, [text], new EmbeddingOptions(pooling, Normalized: false)));
    }

    [Fact]
    public void A_vector_is_cut_and_then_made_one_long()
    {
        using ModelFile file = Encoder().Open();
        using Model model = Load(file);
        float[] whole = Networks.Vectors(model, [Text(5)], new EmbeddingOptions(Pooling.Mean, Normalized: false));
        float[] vector = Networks.Vectors(model, [Text(5)], new EmbeddingOptions(Pooling.Mean, Normalized: true, Dimensions: 7));
        double length = Math.Sqrt(whole.Take(7).Sum(x => (double)x * x));
        Assert.Equal(7, vector.Length);
        for (int i = 0; i < vector.Length; i++)
            Assert.Equal(whole[i] / length, vector[i], 1e-6);
    }

    /// <summary>Neither the texts beside it nor where passes end change a text's bits: 600 tokens that see their past go through in parts.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Texts_together_are_the_texts_alone(bool encoder)
    {
        using ModelFile file = (encoder ? Encoder() : RandomModel.Llama(Hidden, 2, 3, 1, 8, 32, Vocabulary, context: 700)).Open();
        using Model model = Load(file);
        int[][] texts = [Text(3), Text(encoder ? 60 : 600), Text(1), Text(40), Text(200 % (encoder ? 64 : 300)), Text(9)];
        foreach (Pooling pooling in (ReadOnlySpan<Pooling>)[Pooling.Mean, Pooling.Last, Pooling.Cls, Pooling.None])
        {
            EmbeddingOptions options = new(pooling, Normalized: true);
            float[] alone = [.. texts.SelectMany(text => Networks.Vectors(model, [text], options))];
            Assert.Equal(alone, Networks.Vectors(model, texts, options));
        }
    }

    /// <summary>A pass of more rows than a text may have, and of more texts than that.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(17)]
    public void There_may_be_more_texts_than_a_text_has_tokens(int context)
    {
        using ModelFile file = Encoder(context).Open();
        using Model model = Load(file);
        foreach (int[] lengths in (int[][])[[1], [.. Enumerable.Repeat(1, 16)], [.. Enumerable.Repeat(context, 7)], [.. Enumerable.Repeat(1, 300)]])
        {
            int[][] texts = [.. lengths.Select((length, i) => Text(length).Select(id => (id + i) % Vocabulary).ToArray())];
            float[] alone = [.. texts.SelectMany(text => Networks.Vectors(model, [text], _raw))];
            Assert.Equal(alone, Networks.Vectors(model, texts, _raw));
        }
    }

    [Fact]
    public void An_embedding_goes_through_the_projections_of_the_file()
    {
        RandomModel random = Encoder().Weights("dense_2.weight", Hidden, 10).Weights("dense_3.weight", 10, 6);
        using ModelFile file = random.Open();
        using Model model = Load(file);
        float[] x = Networks.Vectors(model, [Text(8)], new EmbeddingOptions(Pooling.Mean, Normalized: false));
        Assert.Equal(6, x.Length);
        using ModelFile plain = Encoder().Open();
        using Model without = Load(plain);
        float[] pooled = Networks.Vectors(without, [Text(8)], new EmbeddingOptions(Pooling.Mean, Normalized: false));
        double[] expected = Times(file, "dense_3.weight", Times(file, "dense_2.weight", Array.ConvertAll(pooled, v => (double)v)));
        for (int i = 0; i < x.Length; i++)
            Assert.Equal(expected[i], x[i], 1e-5);
    }

    [Fact]
    public void Scores_come_from_the_first_token_through_the_classifier()
    {
        RandomModel random = Encoder().Weights("cls.weight", Hidden, Hidden).Weights("cls.bias", Hidden).Weights("cls.output.weight", Hidden, 1).Weights("cls.output.bias", 1);
        using ModelFile file = random.Open();
        using Model model = Load(file);
        float[] scores = Networks.Vectors(model, [Text(8), Text(4)], new EmbeddingOptions(Pooling.Rank, Normalized: false));
        float[] first = Networks.Vectors(model, [Text(4)], new EmbeddingOptions(Pooling.Cls, Normalized: false));
        double[] inner = Times(file, "cls.weight", Array.ConvertAll(first, v => (double)v));
        float[] bias = Values(file, "cls.bias");
        double score = Times(file, "cls.output.weight", [.. inner.Select((v, i) => Math.Tanh(v + bias[i]))])[0] + Values(file, "cls.output.bias")[0];
        Assert.Equal(2, scores.Length);
        Assert.Equal(score, scores[1], 1e-5);
    }

    [Fact]
    public void Errors_say_what_the_model_is_for()
    {
        using ModelFile file = Encoder().Open();
        using Model model = Load(file);
        RealmException error = Assert.Throws<RealmException>(() => Networks.Logits(model, [1, 2], 2));
        Assert.Equal((ErrorCode.Unsupported, "bert is an encoder: it gives a vector for a text (embed), no logits, and so it can't generate"), (error.Code, error.Message));
        error = Assert.Throws<RealmException>(() => Networks.Vectors(model, [[1]], new EmbeddingOptions(Pooling.Rank, false)));
        Assert.Equal((ErrorCode.Unsupported, "this model has no classifier (no tensor cls or cls.output), so it can't rank: it gives embeddings"), (error.Code, error.Message));
        error = Assert.Throws<RealmException>(() => Networks.Vectors(model, [[1], []], _raw));
        Assert.Equal((ErrorCode.InvalidArgument, "text 1 has no tokens"), (error.Code, error.Message));
        error = Assert.Throws<RealmException>(() => Networks.Vectors(model, [[1], [2, 99]], _raw));
        Assert.Equal((ErrorCode.InvalidToken, "token 99 at index 1 of text 1 is not in the vocabulary of 40"), (error.Code, error.Message));
        error = Assert.Throws<RealmException>(() => Networks.Vectors(model, [Text(65)], _raw));
        Assert.Equal((ErrorCode.ContextFull, "text 0 has 65 tokens, the context holds 64"), (error.Code, error.Message));
        error = Assert.Throws<RealmException>(() => Networks.Vectors(model, [[1]], _raw with { Dimensions = 25 }));
        Assert.Equal((ErrorCode.InvalidArgument, "dimensions is 25, this model's vectors have 24"), (error.Code, error.Message));
    }

    private static Model Load(ModelFile file) => Model.Load(file, new ModelOptions(2, Packed: true, CacheType.F32));

    private static int[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => (i * 7 + length) % Vocabulary)];

    private static unsafe float[] Values(ModelFile file, string name)
    {
        float[] values = new float[file.Find(name)!.Elements];
        fixed (float* to = values)
            file.DecodeTensor(file.Find(name)!, to);
        return values;
    }

    private static double[] Times(ModelFile file, string name, double[] x)
    {
        float[] matrix = Values(file, name);
        return [.. Enumerable.Range(0, matrix.Length / x.Length).Select(row => x.Select((v, i) => v * matrix[row * x.Length + i]).Sum())];
    }

    /// <summary>Of two layers, with the weights of one seed: what is added behind them doesn't change them.</summary>
    private static RandomModel Encoder(int context = 64)
    {
        const int FeedForward = 32;
        RandomModel model = new RandomModel("bert").Set("block_count", 2u).Set("embedding_length", (uint)Hidden).Set("context_length", (uint)context)
            .Set("attention.head_count", 3u).Set("feed_forward_length", (uint)FeedForward).Set("attention.layer_norm_epsilon", 1e-6f)
            .Set("attention.causal", false)
            .Weights("token_embd.weight", Hidden, Vocabulary).Weights("position_embd.weight", Hidden, context).Weights("token_types.weight", Hidden, 2);
        Norm("token_embd_norm");
        for (int i = 0; i < 2; i++)
        {
            foreach (string name in (ReadOnlySpan<string>)["attn_q", "attn_k", "attn_v", "attn_output"])
                model.Weights($"blk.{i}.{name}.weight", Hidden, Hidden).Weights($"blk.{i}.{name}.bias", Hidden);
            model.Weights($"blk.{i}.ffn_up.weight", Hidden, FeedForward).Weights($"blk.{i}.ffn_down.weight", FeedForward, Hidden);
            Norm($"blk.{i}.attn_output_norm");
            Norm($"blk.{i}.layer_output_norm");
        }
        return model;

        void Norm(string name) => model.Ones(name + ".weight", Hidden).Weights(name + ".bias", Hidden);
    }
}
