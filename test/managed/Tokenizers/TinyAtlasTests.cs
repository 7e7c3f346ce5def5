using System.Text;
using Realm.Gguf;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>The embedded model's tokenizer: real numbers in every clone. Expected ids are llama.cpp's.</summary>
public class TinyAtlasTests
{
    private static readonly Tokenizer s_tokenizer = Open();

    [Theory]
    [InlineData("The capital of France is Paris.",
        new[] { 285, 276, 271, 1043, 265, 981, 260, 16 },
        new[] { 0, 285, 276, 271, 1043, 265, 981, 260, 16 })]
    [InlineData("I'm you're we've he'd she'll they're it's don't",
        new[] { 43, 9, 79, 1129, 304, 9, 362, 385, 71, 9, 88, 71, 223, 264, 9, 70, 315, 264, 9, 78, 78, 269, 91, 9, 362, 223, 328, 1153, 363, 323, 9, 86 },
        new[] { 0, 43, 9, 79, 1129, 304, 9, 362, 385, 71, 9, 88, 71, 223, 264, 9, 70, 315, 264, 9, 78, 78, 269, 91, 9, 362, 223, 328, 1153, 363, 323, 9, 86 })]
    [InlineData("I'M YOU'RE WE'VE HE'D",
        new[] { 43, 9, 47, 587, 49, 55, 9, 52, 39, 577, 39, 9, 56, 39, 411, 39, 9, 38 },
        new[] { 0, 43, 9, 47, 587, 49, 55, 9, 52, 39, 577, 39, 9, 56, 39, 411, 39, 9, 38 })]
    [InlineData("1234567890",
        new[] { 19, 20, 21, 22, 23, 24, 25, 26, 27, 18 },
        new[] { 0, 19, 20, 21, 22, 23, 24, 25, 26, 27, 18 })]
    [InlineData("caf\u00E9",
        new[] { 69, 67, 72, 130, 105 },
        new[] { 0, 69, 67, 72, 130, 105 })]
    [InlineData("\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440!",
        new[] { 143, 256, 144, 225, 143, 119, 143, 113, 143, 116, 144, 227, 14, 223, 143, 123, 143, 119, 144, 225, 3 },
        new[] { 0, 143, 256, 144, 225, 143, 119, 143, 113, 143, 116, 144, 227, 14, 223, 143, 123, 143, 119, 144, 225, 3 })]
    [InlineData("\u0928\u092E\u0938\u094D\u0924\u0947 \u0926\u0941\u0928\u093F\u092F\u093E",
        new[] { 159, 100, 104, 159, 100, 109, 159, 100, 119, 159, 101, 238, 159, 100, 100, 159, 101, 232, 223, 159, 100, 102, 159, 101, 226, 159, 100, 104, 159, 100, 126, 159, 100, 110, 159, 100, 125 },
        new[] { 0, 159, 100, 104, 159, 100, 109, 159, 100, 119, 159, 101, 238, 159, 100, 100, 159, 101, 232, 223, 159, 100, 102, 159, 101, 226, 159, 100, 104, 159, 100, 126, 159, 100, 110, 159, 100, 125 })]
    [InlineData("\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67\u200D\uD83D\uDC66",
        new[] { 175, 256, 242, 104, 161, 225, 238, 175, 256, 242, 105, 161, 225, 238, 175, 256, 242, 103, 161, 225, 238, 175, 256, 242, 102 },
        new[] { 0, 175, 256, 242, 104, 161, 225, 238, 175, 256, 242, 105, 161, 225, 238, 175, 256, 242, 103, 161, 225, 238, 175, 256, 242, 102 })]
    [InlineData("\u00BD \u00B2 \u00B3 \u2163 \u2460",
        new[] { 129, 124, 223, 129, 113, 223, 129, 114, 223, 161, 230, 99, 223, 161, 242, 257 },
        new[] { 0, 129, 124, 223, 129, 113, 223, 129, 114, 223, 161, 230, 99, 223, 161, 242, 257 })]
    [InlineData("mixed \t \n whitespace \r\n here",
        new[] { 79, 75, 90, 418, 223, 200, 223, 201, 385, 74, 328, 361, 1219, 448, 223, 204, 201, 223, 264, 362 },
        new[] { 0, 79, 75, 90, 418, 223, 200, 223, 201, 385, 74, 328, 361, 1219, 448, 223, 204, 201, 223, 264, 362 })]
    [InlineData("<|im_start|>user\nHi<|im_end|>\n",
        new[] { 262, 261, 65, 281, 263, 293, 201, 42, 75, 262, 261, 65, 280, 263, 201 },
        new[] { 0, 1, 293, 201, 42, 75, 2, 201 })]
    [InlineData("text<|endoftext|>more",
        new[] { 86, 604, 86, 262, 280, 270, 86, 604, 86, 263, 79, 343, 71 },
        new[] { 0, 86, 604, 86, 0, 79, 343, 71 })]
    public void SameTokens(string text, int[] plain, int[] both)
    {
        Assert.Equal(plain, s_tokenizer.Encode(text));
        Assert.Equal(both, s_tokenizer.Encode(text, addSpecial: true, parseSpecial: true));
    }

    [Fact]
    public void Roles()
    {
        Assert.Equal(1536, s_tokenizer.VocabSize);
        Assert.Equal((0, 2, 2), (s_tokenizer.BosId, s_tokenizer.EosId, s_tokenizer.EotId));
        Assert.True(s_tokenizer.AddsBos);
        Assert.False(s_tokenizer.AddsEos);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 1536).Where(s_tokenizer.IsSpecial));
        Assert.Equal([0, 2], Enumerable.Range(0, 1536).Where(s_tokenizer.IsEndOfGeneration));
        Assert.Equal([0, 2], s_tokenizer.EndTokens.ToArray());
        Assert.Equal("<|im_end|>", Encoding.UTF8.GetString(s_tokenizer.TokenBytes(2)));
    }

    /// <summary>Whatever the bytes, the tokens' bytes are the text again (its clean-up of spaces aside).</summary>
    [Fact]
    public void NothingIsLost()
    {
        var random = new Random(20);
        for (int round = 0; round < 2000; round++)
        {
            byte[] text = new byte[random.Next(40)];
            if (round % 2 == 0)
                random.NextBytes(text);
            else
                text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => RandomRune(random).ToString())));
            int[] ids = s_tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
            Assert.Equal(Convert.ToHexString(text), Convert.ToHexString(Bytes(ids)));
        }
    }

    [Fact]
    public void EveryCodePoint()
    {
        var all = new List<byte>();
        byte[] one = new byte[4];
        for (int c = 0; c <= 0x10FFFF; c++)
            if (Rune.TryCreate(c, out Rune rune)) all.AddRange(one.AsSpan(0, rune.EncodeToUtf8(one)));
        int[] ids = s_tokenizer.Encode(all.ToArray(), addSpecial: false, parseSpecial: false);
        Assert.True(Bytes(ids).AsSpan().SequenceEqual(all.ToArray()));
    }

    [Fact]
    public void EmptyText()
    {
        Assert.Empty(s_tokenizer.Encode(""));
        Assert.Equal([0], s_tokenizer.Encode("", addSpecial: true));
        Assert.Empty(s_tokenizer.Decode([], skipSpecial: false));
    }

    [Fact]
    public void SkippedSpecialTokens()
    {
        int[] ids = s_tokenizer.Encode("<|im_start|>user\nHi<|im_end|>", parseSpecial: true);
        Assert.Equal("<|im_start|>user\nHi<|im_end|>", s_tokenizer.Text(ids));
        Assert.Equal("user\nHi", s_tokenizer.Text(ids, skipSpecial: true));
    }

    [Fact]
    public void NegativeIds()
    {
        foreach (Action action in (Action[])[() => s_tokenizer.TokenBytes(-1), () => s_tokenizer.IsSpecial(-1), () => s_tokenizer.Decode([5, -1], true)])
        {
            var e = Assert.Throws<RealmException>(action);
            Assert.Equal(ErrorCode.InvalidToken, e.Code);
            Assert.Contains("-1", e.Message);
        }
        Assert.False(s_tokenizer.IsEndOfGeneration(-1));
    }

    /// <summary>A padded model may choose them.</summary>
    [Theory]
    [InlineData(1536)]
    [InlineData(int.MaxValue)]
    public void IdsBeyondTheVocabularyStandForNothing(int id)
    {
        Assert.Empty(s_tokenizer.TokenBytes(id).ToArray());
        Assert.Equal("The", s_tokenizer.Text([id, 285, id]));
        Assert.Equal("The", s_tokenizer.Text([id, 285, id], skipSpecial: true, cleanSpaces: true));
        Assert.True(s_tokenizer.IsUnused(id));
        Assert.False(s_tokenizer.IsSpecial(id) || s_tokenizer.IsEndOfGeneration(id) || s_tokenizer.IsUnused(285));
    }

    private static byte[] Bytes(int[] ids) => [.. ids.SelectMany(id => s_tokenizer.TokenBytes(id).ToArray())];

    private static Rune RandomRune(Random random)
    {
        int limit = random.Next(4) switch { 0 => 0x80, 1 => 0x800, 2 => 0x10000, _ => 0x110000 };
        return Rune.TryCreate(random.Next(limit), out Rune rune) ? rune : new Rune('x');
    }

    private static Tokenizer Open()
    {
        using FileStream file = File.OpenRead(Golden.TinyAtlas);
        return Tokenizer.Create(GgufFile.Read(file, Realm.Formats.Formats.BlockSize).Metadata)!;
    }
}
