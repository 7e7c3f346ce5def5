using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class SentencePieceTests
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6;

    /// <summary>Ids 0, 1, 2, then the 256 byte tokens, then what is added.</summary>
    private const int FirstAdded = 259;

    [Fact]
    public void ASpaceBeforeTextAndAfterSpecialTokens()
    {
        Tokenizer tokenizer = Make(("\u2581", -1), ("a", -2), ("b", -3), ("\u2581a", -4));
        Assert.Equal([1, FirstAdded + 3, FirstAdded, FirstAdded + 2], tokenizer.Encode("a b", addSpecial: true));
        Assert.Equal([FirstAdded, FirstAdded + 3], tokenizer.Encode(" a"));
        Assert.Equal([FirstAdded + 3, 2, FirstAdded + 3], tokenizer.Encode("a</s>a", parseSpecial: true));
        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal([1], tokenizer.Encode("", addSpecial: true));
        Assert.Equal("a b", tokenizer.Text(tokenizer.Encode("a b")));
        Assert.Equal("a b", tokenizer.Text(tokenizer.Encode("a b", addSpecial: true), skipSpecial: true));
        Assert.Equal("<s>a b", tokenizer.Text(tokenizer.Encode("a b", addSpecial: true)));
        Assert.Equal("<s> a b", tokenizer.Text(tokenizer.Encode("a b", addSpecial: true), cleanSpaces: true));
        foreach (string text in (string[])["a</s>b", " a</s> b", "a </s>  b", "</s>", " </s> "])
            Assert.Equal(text, tokenizer.Text(tokenizer.Encode(text, parseSpecial: true)));
        Assert.Equal(" a", Encoding.UTF8.GetString(tokenizer.TokenBytes(FirstAdded + 3)));
    }

    [Fact]
    public void NoPrefixWhereTheFileSaysSo()
    {
        Tokenizer tokenizer = Make(v => v["tokenizer.ggml.add_space_prefix"] = false, ("a", -1), ("\u2581a", -2));
        Assert.Equal([FirstAdded], tokenizer.Encode("a"));
        Assert.Equal(" a", tokenizer.Text(tokenizer.Encode(" a")));
    }

    [Fact]
    public void WhatIsNoTokenFallsApartIntoBytes()
    {
        Tokenizer tokenizer = Make(("\u2581", -1), ("a", -2));
        Assert.Equal([FirstAdded, FirstAdded + 1, 3 + 0xC3, 3 + 0xA9, FirstAdded + 1], tokenizer.Encode("a\u00E9a"));
        Assert.Equal("a\u00E9a", tokenizer.Text(tokenizer.Encode("a\u00E9a")));
        // Bytes that are not UTF-8 are kept.
        byte[] odd = [0xFF, (byte)'a', 0xE2, 0x96, 0x80, 0xF0];
        Assert.Equal(odd, tokenizer.Decode(tokenizer.Encode(odd, false, false), false));
    }

    [Fact]
    public void WithoutByteTokensItIsUnknown()
    {
        var vocabulary = new Dictionary<string, object?>
        {
            ["tokenizer.ggml.tokens"] = new[] { "<unk>", "<s>", "</s>", "\u2581", "a" },
            ["tokenizer.ggml.token_type"] = new[] { Unknown, Control, Control, Normal, Normal },
            ["tokenizer.ggml.scores"] = new float[5],
        };
        Tokenizer tokenizer = Create(vocabulary);
        Assert.Equal([3, 4, 0, 0], tokenizer.Encode("a\u00E9"));
    }

    /// <summary>
    /// Against the rule as it is stated: the two neighbours whose texts together are the token of the highest score, the
    /// leftmost of equals. Scores tie often, tokens contain spaces in the middle or not, and some characters are no token.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HighestScoreFirst(bool spaceInside)
    {
        var random = new Random(6);
        for (int round = 0; round < 150; round++)
        {
            var pieces = new Dictionary<string, float>();
            for (int i = 0; i < 40; i++)
            {
                string piece = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "ab\u00E9\u2581"[random.Next(4)]));
                if (spaceInside || !piece.TrimStart('\u2581').Contains('\u2581')) pieces[piece] = random.Next(6);
            }
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 150)).Select(_ => "aab\u00E9 "[random.Next(5)]));
            (string, float)[] added = [.. pieces.Select(p => (p.Key, p.Value))];
            string[] expected = Merge(("\u2581" + text.Replace(' ', '\u2581')).Select(c => c.ToString()), pieces);
            IEnumerable<int> ids = expected.SelectMany(piece => pieces.ContainsKey(piece)
                ? [FirstAdded + Array.FindIndex(added, a => a.Item1 == piece)]
                : Encoding.UTF8.GetBytes(piece).Select(b => 3 + (int)b));
            Assert.Equal(ids, Make(added).Encode(text));
        }
    }

    [Fact]
    public void Scores()
    {
        const string key = "tokenizer.ggml.scores";
        Fails(ErrorCode.Vocab, v => v[key] = null, key);
        Fails(ErrorCode.Vocab, v => v[key] = new float[200], key, "200", "259");
        Fails(ErrorCode.Vocab, v => v[key] = Enumerable.Repeat(float.NaN, 259).ToArray(), $"{key}[0]", "NaN");
        Fails(ErrorCode.Vocab, v => v[key] = Enumerable.Repeat(float.NegativeInfinity, 259).ToArray(), $"{key}[0]");
        Fails(ErrorCode.Type, v => v[key] = Enumerable.Repeat("x", 259).ToArray(), key);
        // Some files have integers, or more than they need.
        Assert.NotNull(Make(v => v[key] = new int[300]));
    }

    [Fact]
    public void AByteTokenMustBeOne() => Fails(ErrorCode.Vocab, v => ((string[])v["tokenizer.ggml.tokens"]!)[13] = "<0x0a>", "token 13", "<0x0a>");

    [Fact]
    public void ALongToken()
    {
        Assert.Throws<RealmException>(() => Make((new string('x', 5000), 0)));
        Assert.NotNull(Make(v => ((int[])v["tokenizer.ggml.token_type"]!)[FirstAdded] = UserDefined, (new string('x', 5000), 0)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\u4E2D")]
    public void LongTextsOfOneKind(string unit)
    {
        string piece = unit.Replace(' ', '\u2581');
        Tokenizer tokenizer = Make((piece, -4), (piece + piece, -3), (piece + piece + piece + piece, -2));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, 200_000)));
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"took {clock.Elapsed}");
        Assert.InRange(ids.Length, 50_000, 50_010);
    }

    private static string[] Merge(IEnumerable<string> characters, Dictionary<string, float> pieces)
    {
        List<string> symbols = [.. characters];
        while (true)
        {
            int best = -1;
            float score = 0;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (pieces.TryGetValue(symbols[i] + symbols[i + 1], out float found) && (best < 0 || found > score))
                    (best, score) = (i, found);
            }
            if (best < 0) return [.. symbols];
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }
    }

    private static Tokenizer Make(params (string Text, float Score)[] added) => Make(_ => { }, added);

    private static Tokenizer Make(Action<Dictionary<string, object?>> change, params (string Text, float Score)[] added)
    {
        var entries = new Dictionary<string, object?>
        {
            ["tokenizer.ggml.tokens"] = (string[])
            [
                "<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), .. added.Select(a => a.Text),
            ],
            ["tokenizer.ggml.token_type"] = (int[])
            [
                Unknown, Control, Control, .. Enumerable.Repeat(Byte, 256), .. added.Select(_ => Normal),
            ],
            ["tokenizer.ggml.scores"] = (float[])[.. new float[FirstAdded], .. added.Select(a => a.Score)],
        };
        change(entries);
        return Create(entries);
    }

    private static Tokenizer Create(Dictionary<string, object?> entries)
    {
        var writer = new GgufWriter().Add("tokenizer.ggml.model", "llama");
        foreach ((string key, object? value) in entries)
            if (value is not null) writer.Add(key, value);
        return Tokenizer.Create(writer.ReadMetadata())!;
    }

    private static void Fails(ErrorCode code, Action<Dictionary<string, object?>> change, params string[] parts)
    {
        var e = Assert.Throws<RealmException>(() => Make(change));
        Assert.True(code == e.Code, $"expected {code}, got {e.Code}: {e.Message}");
        foreach (string part in parts) Assert.Contains(part, e.Message);
    }
}
