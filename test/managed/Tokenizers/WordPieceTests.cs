using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class WordPieceTests
{
    private static readonly string[] s_tokens =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u2581", "\u2581cafe", "\u2581ca", "f", "es", "s", "\u2581.", "\u2581!", "\u2581$", "\u2581\u4E2D",
        "\u2581caf\u00E9", "\u2581CA", "\u2581\u20AC", "\u2581i",
    ];

    [Theory]
    [InlineData("cafe cafes", "cafe|cafe|s")]
    [InlineData("cafes\tCAF\u00C9\n", "cafe|s|cafe")]       // lower case, no accents
    [InlineData("cafe\u0301\u200B \u0000cafe", "cafe|cafe")]     // marks, format characters and controls are dropped
    [InlineData("ca\uE000fe", "cafe")]
    [InlineData("cafes!.$", "cafe|s|!|.|$")]
    [InlineData("\u4E2D\u4E2Dcafe", "\u4E2D|\u4E2D|cafe")]
    [InlineData("ca\u3000ca\u00A0ca\u2028ca", "ca|ca|ca|ca")]
    [InlineData("caf caz ca", "ca|f|[UNK]|ca")]                  // a word that cannot be cut to its end is unknown as a whole
    [InlineData("\u0130\u20AC", "[UNK]")]                        // other symbols are no words of their own
    [InlineData("\u0130 \u20AC", "i|\u20AC")]
    [InlineData("\u5B57", "[UNK]")]
    [InlineData("[CLS]", "[UNK]|[UNK]|[UNK]")]
    [InlineData(" \u0301 \uFFFD ", "")]
    [InlineData("", "")]
    public void Words(string text, string expected)
    {
        Tokenizer tokenizer = Make();
        int[] ids = tokenizer.Encode(text);
        Assert.Equal(expected, string.Join('|', ids.Select(id => Encoding.UTF8.GetString(tokenizer.TokenBytes(id)).Trim())));
        Assert.Equal([2, .. ids, 3], tokenizer.Encode(text, addSpecial: true));
    }

    [Fact]
    public void AsTheFileNormalizes()
    {
        Assert.Equal([1, 6], Make(("tokenizer.ggml.normalizer.lowercase", false)).Encode("CAFE cafe"));
        Assert.Equal([16, 15], Make(("tokenizer.ggml.normalizer.lowercase", false)).Encode("CA caf\u00E9"));
        Assert.Equal([15, 7], Make(("tokenizer.ggml.normalizer.strip_accents", false)).Encode("CAF\u00C9 CA"));
    }

    [Fact]
    public void SpecialTokensInText()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal([6, 4, 6, 3], tokenizer.Encode("cafe[MASK]cafe[SEP]", parseSpecial: true));
        Assert.Equal(" cafe!", tokenizer.Text([6, 12], cleanSpaces: true));
        // The space that words begin with is not of the text where it begins.
        Assert.Equal("cafe !", tokenizer.Text([6, 12]));
        Assert.Equal("[CLS] cafe[SEP]", tokenizer.Text([2, 6, 3]));
        Assert.Equal("cafe", tokenizer.Text([2, 6, 3], skipSpecial: true));
    }

    [Fact]
    public void BytesThatAreNotUtf8AreDropped() => Assert.Equal([6], Make().Encode([(byte)'c', 0xFF, (byte)'a', (byte)'f', 0x80, (byte)'e', 0xE4, 0xB8], false, false));

    [Fact]
    public void ALongToken() => Assert.Throws<RealmException>(() => Make([.. s_tokens, new string('x', 5000)]));

    [Theory]
    [InlineData("s")]
    [InlineData("x")]
    [InlineData("\u4E2D")]
    public void LongTextsOfOneKind(string unit)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.NotEmpty(Make().Encode("ca" + string.Concat(Enumerable.Repeat(unit, 1 << 20))));
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"took {clock.Elapsed}");
    }

    /// <summary>The whole table, by sums over Unicode's own data (first code point of NFD, Hangul included).</summary>
    [Fact]
    public void BasesOfAllCodePoints()
    {
        int different = 0;
        ulong sum = 0;
        for (int c = 0; c <= 0x10FFFF; c++)
        {
            int b = BaseLetters.Of(c);
            different += b != c ? 1 : 0;
            sum = unchecked(sum * 31 + (ulong)b);
        }
        Assert.Equal(13_233, different);
        Assert.Equal(8814694722567889170UL, sum);
    }

    private static Tokenizer Make(params (string Key, object Value)[] entries) => Make(s_tokens, entries);

    private static Tokenizer Make(string[] tokens, params (string Key, object Value)[] entries)
    {
        var writer = new GgufWriter().Add("tokenizer.ggml.model", "bert").Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", tokens.Select(t => t[0] == '[' ? 3 : 1).ToArray())
            .Add("tokenizer.ggml.unknown_token_id", 1u).Add("tokenizer.ggml.bos_token_id", 2u)
            .Add("tokenizer.ggml.seperator_token_id", 3u).Add("tokenizer.ggml.mask_token_id", 4u);
        foreach ((string key, object value) in entries) writer.Add(key, value);
        return Tokenizer.Create(writer.ReadMetadata())!;
    }
}
