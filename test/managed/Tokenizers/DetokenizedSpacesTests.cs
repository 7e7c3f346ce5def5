using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class DetokenizedSpacesTests
{
    [Theory]
    [InlineData("Hello , world ! Really ? Yes .", "Hello, world! Really? Yes.")]
    [InlineData("a  .b", "a .b")]           // one space only
    [InlineData(" .", ".")]
    [InlineData(".", ".")]
    [InlineData("", "")]
    [InlineData(" ", " ")]
    [InlineData(" ;", " ;")]
    [InlineData("rock ' n ' roll", "rock'n'roll")]
    [InlineData("a ' ' b", "a'' b")]        // the space between serves once
    [InlineData("' a", "' a")]
    [InlineData("a '", "a '")]
    [InlineData("it 's I 'm we 're they 've", "it's I'm we're they've")]
    [InlineData("he 'll she 'd is n 't 'r", "he 'll she 'd is n 't 'r")]
    [InlineData("\"a\" 'single'", "\"a\"'single'")]
    public void Cleaned(string text, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes.AsSpan(0, DetokenizedSpaces.Clean(bytes))));
    }

    [Theory]
    [InlineData("gpt-2", "a. b")]
    [InlineData("qwen2", "a . b")]
    public void OnlyWhereTheModelDoes(string pre, string expected)
    {
        Tokenizer tokenizer = new TinyVocabulary(pre).Create();
        int[] ids = tokenizer.Encode("a . b");
        Assert.Equal(expected, tokenizer.Text(ids, cleanSpaces: true));
        Assert.Equal("a . b", tokenizer.Text(ids));
        Assert.Equal("a . b", string.Concat(ids.Select(id => Encoding.UTF8.GetString(tokenizer.TokenBytes(id)))));
    }

    [Fact]
    public void ThePrefixedSpace()
    {
        var vocabulary = new TinyVocabulary("qwen2") { Entries = { ["tokenizer.ggml.add_space_prefix"] = true } };
        Assert.Equal("a b", vocabulary.Create().Text([' ', 'a', ' ', 'b'], cleanSpaces: true));
        Assert.Equal("a b", vocabulary.Create().Text(['a', ' ', 'b'], cleanSpaces: true));
        // Byte-level encoding adds no space, whatever the file says.
        Assert.Equal(" a b", vocabulary.Create().Text(vocabulary.Create().Encode(" a b")));
    }
}
