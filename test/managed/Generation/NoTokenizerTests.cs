using Realm.Generation;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>A model of the smallest kind, without a tokenizer: ids in, ids out.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class NoTokenizerTests
{
    private const int Width = 32;
    private const int Vocabulary = 8;

    private static byte[] Network(float outputNorm)
    {
        var random = new Random(3);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        float[] Same(float value) => [.. Enumerable.Repeat(value, Width)];
        GgufWriter writer = new GgufWriter()
            .Add("general.architecture", "llama")
            .Add("llama.block_count", 1u)
            .Add("llama.context_length", 16u)
            .Add("llama.embedding_length", (uint)Width)
            .Add("llama.feed_forward_length", (uint)Width)
            .Add("llama.attention.head_count", 2u)
            .Add("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .Tensor("token_embd.weight", [Width, Vocabulary], Values(Width * Vocabulary))
            .Tensor("output_norm.weight", [Width], Same(outputNorm))
            .Tensor("blk.0.attn_norm.weight", [Width], Same(1))
            .Tensor("blk.0.ffn_norm.weight", [Width], Same(1));
        foreach (string name in (string[])["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"])
        {
            writer.Tensor($"blk.0.{name}.weight", [Width, Width], Values(Width * Width));
        }
        return writer.ToArray();
    }

    private static OpenModel Open(float outputNorm)
    {
        byte[] file = Network(outputNorm);
        fixed (byte* p = file)
        {
            return new OpenModel(LoadedModels.LeaseBytes(p, file.Length, new ModelOptions(1)), vocabOnly: false);
        }
    }

    [Fact]
    public void GeneratesIds()
    {
        OpenModel model = Open(1);
        using var reader = new TestReader();
        reader.Finish(model.Generate([1, 2], TestReader.Options(5), TestReader.Notify, reader.User));
        Assert.Equal(5, reader.Tokens.Count);
        Assert.Equal(0, reader.Text.Length);
        Assert.Equal(FinishReason.Length, reader.End.Reason);
        RealmException error = Assert.Throws<RealmException>(() => model.RequireTokenizer());
        Assert.Equal(ErrorCode.Vocab, error.Code);
        model.Close();
    }

    /// <summary>A model whose logits are no numbers fails its job, not the engine.</summary>
    [Fact]
    public void LogitsThatAreNoNumbers()
    {
        // Finite numbers in the file, whose products are not.
        OpenModel model = Open(float.MaxValue);
        for (int i = 0; i < 2; i++)
        {
            using var reader = new TestReader();
            reader.Finish(model.Generate([1, 2], TestReader.Options(5), TestReader.Notify, reader.User));
            Assert.Equal(ErrorCode.Numeric, reader.State.Failure?.Code);
            Assert.Equal(FinishReason.None, reader.End.Reason);
            Assert.Empty(reader.Tokens);
        }
        model.Close();
    }
}
