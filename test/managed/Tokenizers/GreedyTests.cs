using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>RWKV World.</summary>
public class GreedyTests
{
    [Fact]
    public void TheLongestTokenFromTheLeft()
    {
        Tokenizer tokenizer = Make("<s>", "a", "ab", "abc", "bcd", "c", "d", "\\n", "\\n\\n", "\\x20");
        Assert.Equal([3, 6], tokenizer.Encode("abcd"));
        Assert.Equal([2, 1, 8, 7, 9, 3], tokenizer.Encode("aba\n\n\n abc"));
        Assert.Equal("aba\n\n\n abc", tokenizer.Text([2, 1, 8, 7, 9, 3]));
        Assert.Equal([0, 1], tokenizer.Encode("<s>a", parseSpecial: true));
        // Never anything around it, whatever the file says.
        Assert.Equal([1], Make(w => w.Add("tokenizer.ggml.add_bos_token", true).Add("tokenizer.ggml.bos_token_id", 0u), "<s>", "a").Encode("a", addSpecial: true));
    }

    [Fact]
    public void TokensAreBytes()
    {
        Tokenizer tokenizer = Make("<s>", "\\xe4", "\\xB8\\xAD", "\\t\\r\\\\\\'", "\\xff");
        Assert.Equal([1, 2, 3, 4], tokenizer.Encode([0xE4, 0xB8, 0xAD, (byte)'\t', (byte)'\r', (byte)'\\', (byte)'\'', 0xFF], false, false));
        Assert.Equal("\u4E2D\t\r\\'", tokenizer.Text([1, 2, 3]));
    }

    [Theory]
    [InlineData("a\\", "a")]
    [InlineData("a\\x4", "a")]
    [InlineData("\\x41\\x6a", "Aj")]
    [InlineData("\\q\\\\", "q\\")]
    public void Escapes(string text, string expected)
    {
        Tokenizer tokenizer = Make("<s>", text);
        Assert.Equal(expected, tokenizer.Text([1]));
    }

    [Fact]
    public void WhatIsInNoToken()
    {
        Assert.Equal([1, 1], Make("<s>", "a").Encode("axxa"));
        Assert.Equal([1, 0, 0, 1], Make(w => w.Add("tokenizer.ggml.unknown_token_id", 0u), "<s>", "a").Encode("axxa"));
        // The beginning of a token is none.
        Assert.Equal([1], Make("<s>", "b", "abc").Encode("ab"));
    }

    [Fact]
    public void LongTexts() => Assert.Equal(1 << 20, Make("<s>", "a", "aaaa").Encode(new string('a', 1 << 22)).Length);

    private static Tokenizer Make(params string[] tokens) => Make(_ => { }, tokens);

    private static Tokenizer Make(Action<GgufWriter> change, params string[] tokens)
    {
        var writer = new GgufWriter().Add("tokenizer.ggml.model", "rwkv").Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", tokens.Select((_, id) => id == 0 ? 3 : 1).ToArray());
        change(writer);
        return Tokenizer.Create(writer.ReadMetadata())!;
    }
}
