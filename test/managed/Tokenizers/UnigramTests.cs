using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>SentencePiece unigram. Expected ids are llama.cpp's for these vocabularies, or follow from the rule by trying all ways.</summary>
public class UnigramTests
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5;

    private static readonly (string Text, int Type, float Score)[] s_tokens =
    [
        ("<pad>", Control, 0), ("</s>", Control, 0), ("<unk>", Unknown, 0), ("\u2581", Normal, -3), ("a", Normal, -4), ("b", Normal, -4),
        ("ab", Normal, -5), ("\u2581a", Normal, -5), ("abc", Unused, -20), ("\u2581ab", Normal, -9), ("<x>", UserDefined, -7),
        ("\u4E2D", Normal, -6), ("bb", Normal, -4.5f),
    ];

    [Fact]
    public void TheBestSum()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal([6], tokenizer.Encode("ab"));          // -5 against -8
        Assert.Equal([4, 12], tokenizer.Encode("abb"));     // -8.5 against -9
        Assert.Equal([6, 1], tokenizer.Encode("ab", addSpecial: true));
        Assert.Equal([1], tokenizer.Encode("", addSpecial: true));
        Assert.Empty(tokenizer.Encode(""));
        Assert.Equal([4, 7], tokenizer.Encode("a\u2581a"));      // a written space in a text is one
    }

    [Fact]
    public void WhatIsUnknownInARowIsOneToken()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal([4, 2, 4], tokenizer.Encode("axyz\u00E9a"));
        Assert.Equal([2], tokenizer.Encode("x"));
        Assert.Equal([2, 11, 2], tokenizer.Encode("x\u4E2Dx"));
        Assert.Equal([4, 2], tokenizer.Encode([(byte)'a', 0xFF, 0xE4, 0xB8], false, false));
        // An unused token is a way, but a dear one; it shows as nothing.
        Assert.Equal([8], tokenizer.Encode("abc"));
        Assert.Equal("", tokenizer.Text([8]));
    }

    [Fact]
    public void UserDefinedTokensComeFirst()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal([4, 10, 5], tokenizer.Encode("a<x>b"));
        Assert.Equal([4, 10, 1, 5], tokenizer.Encode("a<x></s>b", parseSpecial: true));
        Assert.Equal("a<x></s>b", tokenizer.Text([4, 10, 1, 5]));
        Assert.Equal("a<x>b", tokenizer.Text([4, 10, 1, 5], skipSpecial: true));
    }

    [Fact]
    public void SpacesAsTheFileSays()
    {
        Tokenizer prefixed = Make(("tokenizer.ggml.add_space_prefix", true));
        Assert.Equal([7, 3, 7], prefixed.Encode("a  a"));
        Assert.Equal([3, 7], prefixed.Encode(" a"));
        Assert.Equal([7, 1, 7], prefixed.Encode("a</s>a", parseSpecial: true));
        foreach (string text in (string[])["a  a", " a", "a", "ab b", "a</s>a", " a </s> a"])
            Assert.Equal(text, prefixed.Text(prefixed.Encode(text, parseSpecial: true)));
        Assert.Equal("a</s> a", prefixed.Text([7, 1, 7], cleanSpaces: true));

        Tokenizer merged = Make(("tokenizer.ggml.remove_extra_whitespaces", true));
        Assert.Equal([7, 7], merged.Encode("  a   a "));
        Assert.Equal("a a", merged.Text(merged.Encode("a a")));
    }

    /// <summary>The replacement of a sequence, the longest first; the double array is made by hand from its published layout.</summary>
    [Fact]
    public void ThePrecompiledMap()
    {
        byte[] map = DoubleArray(("A", "a"), ("AB", "b"), ("\u00C4", "ab"), ("\uFF22", "b b"), ("!", ""));
        Tokenizer tokenizer = Make(("tokenizer.ggml.precompiled_charsmap", map));
        Assert.Equal([4], tokenizer.Encode("A"));
        Assert.Equal([5, 4], tokenizer.Encode("ABA"));
        Assert.Equal([4, 12, 3, 5], tokenizer.Encode("\u00C4\uFF22!"));
        Assert.Equal([6], tokenizer.Encode("a!!b"));
        // What agrees with the beginning of a user-defined token is left as it is.
        Assert.Equal([2], tokenizer.Encode("<"));
    }

    [Fact]
    public void DamagedMaps()
    {
        const string key = "tokenizer.ggml.precompiled_charsmap";
        byte[] map = DoubleArray(("A", "a"));
        foreach (byte[] bad in (byte[][])[[], [1, 2], [4, 0, 0, 0, 1], [255, 255, 255, 255, 0, 0, 0, 0, 0]])
        {
            var e = Assert.Throws<RealmException>(() => Make((key, bad)));
            Assert.Equal(ErrorCode.Vocab, e.Code);
            Assert.Contains(key, e.Message);
        }
        // Without the zero that ends a replacement, and with a trie that points outside of itself.
        byte[] unterminated = map[..^1];
        byte[] outside = [4, 0, 0, 0, 0, 0xFC, 0xFF, 0x7F, 0];
        foreach (byte[] bad in (byte[][])[unterminated, outside])
        {
            Tokenizer tokenizer = Make((key, bad));
            var e = Assert.Throws<RealmException>(() => tokenizer.Encode("A"));
            Assert.Equal(ErrorCode.Vocab, e.Code);
            Assert.Contains("damaged", e.Message);
        }
    }

    /// <summary>Against all ways to cut short texts.</summary>
    [Fact]
    public void AgainstAllWays()
    {
        var random = new Random(9);
        for (int round = 0; round < 200; round++)
        {
            var pieces = new Dictionary<string, float>();
            for (int i = 0; i < 12; i++)
                pieces[string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)]))] = -random.Next(1, 1000) / 64f;
            (string, int, float)[] tokens = [.. s_tokens[..3], .. pieces.Select(p => (p.Key, Normal, p.Value))];
            Tokenizer tokenizer = Make(tokens);
            string text = string.Concat(Enumerable.Range(0, 9).Select(_ => "abc"[random.Next(3)]));
            int[] ids = tokenizer.Encode(text);
            float unknown = pieces.Values.Min() - 10;
            double best = Best(text, pieces, unknown);
            // Unknown tokens stand for one or more characters, so count them from what is left.
            double known = ids.Where(id => id != 2).Sum(id => (double)pieces[tokens[id].Item1]);
            int left = text.Length - ids.Where(id => id != 2).Sum(id => tokens[id].Item1.Length);
            Assert.Equal(best, known + left * (double)unknown, 9);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("x")]
    [InlineData(" ")]
    [InlineData("\u4E2D")]
    [InlineData("\U0001F642")]
    public void LongTextsOfOneKind(string unit)
    {
        Tokenizer tokenizer = Make(("tokenizer.ggml.add_space_prefix", true));
        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, 1 << 20)));
        Assert.NotEmpty(ids);
    }

    [Fact]
    public void Scores()
    {
        foreach (float odd in (float[])[float.NaN, float.PositiveInfinity])
        {
            var e = Assert.Throws<RealmException>(() => Make([.. s_tokens, ("z", Normal, odd)]));
            Assert.Equal(ErrorCode.Vocab, e.Code);
            Assert.Contains("tokenizer.ggml.scores[13]", e.Message);
        }
    }

    private static double Best(string text, Dictionary<string, float> pieces, float unknown)
    {
        if (text.Length == 0) return 0;
        double best = pieces.ContainsKey(text[..1]) ? double.MinValue : unknown + Best(text[1..], pieces, unknown);
        foreach ((string piece, float score) in pieces)
            if (text.StartsWith(piece, StringComparison.Ordinal)) best = Math.Max(best, score + Best(text[piece.Length..], pieces, unknown));
        return best;
    }

    /// <summary>Darts' double array over a few keys: each node's children at an offset of their own, so that nothing collides.</summary>
    private static byte[] DoubleArray(params (string Key, string Replacement)[] entries)
    {
        var texts = new List<byte>();
        var units = new uint[1 << 16];
        int free = 1; // in blocks of 256 units
        Node(0, [.. entries.Select(e => (Encoding.UTF8.GetBytes(e.Key), e.Replacement))]);
        var bytes = new List<byte>(BitConverter.GetBytes(units.Length * 4));
        foreach (uint unit in units) bytes.AddRange(BitConverter.GetBytes(unit));
        return [.. bytes, .. texts];

        void Node(uint index, (byte[] Key, string Replacement)[] keys)
        {
            uint children = (uint)free++ << 8;
            units[index] |= (index ^ children) << 10;
            foreach (var group in keys.Where(k => k.Key.Length > 0).GroupBy(k => k.Key[0]))
            {
                uint child = children | group.Key;
                units[child] |= group.Key;
                Node(child, [.. group.Select(k => (k.Key[1..], k.Replacement))]);
            }
            foreach ((_, string replacement) in keys.Where(k => k.Key.Length == 0))
            {
                units[index] |= 1 << 8;
                units[children] = 1U << 31 | (uint)texts.Count;
                texts.AddRange(Encoding.UTF8.GetBytes(replacement));
                texts.Add(0);
            }
        }
    }

    private static Tokenizer Make(params (string Key, object Value)[] entries) => Make(s_tokens, entries);

    private static Tokenizer Make((string Text, int Type, float Score)[] tokens, params (string Key, object Value)[] entries)
    {
        var writer = new GgufWriter().Add("tokenizer.ggml.model", "t5").Add("tokenizer.ggml.tokens", tokens.Select(t => t.Text).ToArray())
            .Add("tokenizer.ggml.token_type", tokens.Select(t => t.Type).ToArray())
            .Add("tokenizer.ggml.scores", tokens.Select(t => t.Score).ToArray());
        foreach ((string key, object value) in entries) writer.Add(key, value);
        return Tokenizer.Create(writer.ReadMetadata())!;
    }
}
