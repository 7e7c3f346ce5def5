using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>Roles by text, where the file does not name them.</summary>
public class KnownTokensTests
{
    [Theory]
    [InlineData("<|im_end|>")]
    [InlineData("<|eot_id|>")]
    [InlineData("<end_of_turn>")]
    [InlineData("<|end_of_text|>")]
    [InlineData("<｜end▁of▁sentence｜>")]
    [InlineData("_<EOT>")]
    public void EndsOfTurn(string text)
    {
        var vocabulary = new TinyVocabulary();
        int id = vocabulary.AddRaw(text, 1); // mistyped as text, as many files have it
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal(id, tokenizer.EotId);
        Assert.True(tokenizer.IsEndOfGeneration(id));
        Assert.True(tokenizer.IsSpecial(id));
        Assert.Equal([id], tokenizer.Encode(text, parseSpecial: true));
        Assert.DoesNotContain(id, tokenizer.Encode(text));
        Assert.Equal(text, tokenizer.Text([id]));
    }

    [Fact]
    public void TheFilesWordComesFirst()
    {
        var vocabulary = new TinyVocabulary { Entries = { ["tokenizer.ggml.eot_token_id"] = 5u, ["tokenizer.ggml.eos_token_id"] = 6u } };
        int end = vocabulary.AddRaw("<|im_end|>", 3);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal(5, tokenizer.EotId);
        // All of them end generation.
        Assert.Equal([5, 6, end], Enumerable.Range(0, tokenizer.VocabSize).Where(tokenizer.IsEndOfGeneration));
    }

    /// <summary>Fill-in-the-middle markers that end what a model may write.</summary>
    [Fact]
    public void FillInTheMiddle()
    {
        var vocabulary = new TinyVocabulary { Entries = { ["tokenizer.ggml.eos_token_id"] = 6u } };
        int prefix = vocabulary.AddRaw("<|fim_prefix|>", 4);
        int pad = vocabulary.AddRaw("<|fim_pad|>", 4);
        int repository = vocabulary.AddRaw("<|repo_name|>", 4);
        int separator = vocabulary.AddRaw("<|file_sep|>", 4);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.True(tokenizer.IsSpecial(prefix));
        Assert.Equal([6, pad, repository, separator], Enumerable.Range(0, tokenizer.VocabSize).Where(tokenizer.IsEndOfGeneration));
    }

    [Theory]
    [InlineData("<|return|>", "<|call|>")]
    [InlineData("<|flush|>", "<|calls|>")]
    public void EndIsNoEndWhereTurnsReturn(string one, string other)
    {
        var vocabulary = new TinyVocabulary { Entries = { ["tokenizer.ggml.eos_token_id"] = 6u } };
        int end = vocabulary.AddRaw("<|end|>", 3);
        Assert.True(vocabulary.Create().IsEndOfGeneration(end));
        int first = vocabulary.AddRaw(one, 3);
        int second = vocabulary.AddRaw(other, 3);
        int channel = vocabulary.AddRaw("<|channel|>", 3);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([6, first, second], Enumerable.Range(0, tokenizer.VocabSize).Where(tokenizer.IsEndOfGeneration));
        // Both are shown to the program that parses the answer.
        Assert.Equal("<|channel|><|end|>", tokenizer.Text([channel, end, first], skipSpecial: true));
    }
}
