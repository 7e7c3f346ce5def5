using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>PLaMo 2.</summary>
public class LatticeTests
{
    private const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;

    /// <summary>Ids 0 to 3, then the 256 byte tokens, then what is added.</summary>
    private const int First = 260;

    [Fact]
    public void TheBestSum()
    {
        Tokenizer tokenizer = Make(("a", -1), ("b", -1), ("ab", -1.5f), ("abb", -9), (" ", -2), ("\u4E2D\u6587", -3));
        Assert.Equal([First + 2, First + 1], tokenizer.Encode("abb"));
        Assert.Equal([First + 2, First + 4, First + 0], tokenizer.Encode("ab a"));
        Assert.Equal([First + 5, 4 + 0xE4, 4 + 0xB8, 4 + 0xAD], tokenizer.Encode("\u4E2D\u6587\u4E2D"));
        Assert.Equal("\u4E2D\u6587\u4E2D ab", tokenizer.Text(tokenizer.Encode("\u4E2D\u6587\u4E2D ab")));
    }

    [Fact]
    public void OfEqualSumsTheLongestToken()
    {
        Tokenizer tokenizer = Make(("a", -1), ("aa", -2), ("aaa", -3));
        Assert.Equal([First + 2, First + 1], tokenizer.Encode("aaaaa"));
    }

    /// <summary>Ten thousandths, rounded away from zero: two scores that differ by less are equal.</summary>
    [Fact]
    public void ScoresAreRounded()
    {
        Tokenizer tokenizer = Make(("a", -1), ("b", -1), ("ab", -2.00004f));
        Assert.Equal([First + 2], tokenizer.Encode("ab"));
        Assert.Equal([First, First + 1], Make(("a", -1), ("b", -1), ("ab", -2.0002f)).Encode("ab"));
    }

    [Fact]
    public void NothingIsAddedAndAMarkOfOrderIsDropped()
    {
        Tokenizer tokenizer = Make(("a", -1), ("\uFEFF", -1));
        Assert.Equal([First], tokenizer.Encode("\uFEFFa", addSpecial: true));
        Assert.Equal([First, First + 1], tokenizer.Encode("a\uFEFF", addSpecial: true));
        Assert.False(tokenizer.AddsBos || tokenizer.AddsEos);
        Assert.Equal([First, 2, First], tokenizer.Encode("a<|plamo:eos|>a", parseSpecial: true));
    }

    [Fact]
    public void BytesThatAreNotUtf8()
    {
        byte[] odd = [(byte)'a', 0xFF, 0xE4, 0xB8, (byte)'a', 0x80];
        Tokenizer tokenizer = Make(("a", -1));
        Assert.Equal(odd, tokenizer.Decode(tokenizer.Encode(odd, false, false), false));
    }

    [Fact]
    public void AllBytesMustBeThere()
    {
        var e = Assert.Throws<RealmException>(() => Make(17));
        Assert.Equal(ErrorCode.Vocab, e.Code);
        Assert.Contains("<0x11>", e.Message);
    }

    [Fact]
    public void AgainstAllWays()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            var pieces = new Dictionary<string, float>();
            for (int i = 0; i < 10; i++)
                pieces[string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)]))] = -random.Next(1, 100);
            (string, float)[] added = [.. pieces.Select(p => (p.Key, p.Value))];
            string text = string.Concat(Enumerable.Range(0, 9).Select(_ => "abc"[random.Next(3)]));
            double sum = Make(added).Encode(text).Sum(id => id < First ? -1000.0 : added[id - First].Item2);
            Assert.Equal(Best(text, pieces), sum);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("x")]
    [InlineData("\u4E2D")]
    public void LongTextsOfOneKind(string unit) =>
        Assert.NotEmpty(Make(("a", -1), ("aaaa", -2), ("\u4E2D", -5)).Encode(string.Concat(Enumerable.Repeat(unit, 1 << 20))));

    private static double Best(string text, Dictionary<string, float> pieces)
    {
        if (text.Length == 0) return 0;
        double best = -1000 + Best(text[1..], pieces);
        foreach ((string piece, float score) in pieces)
            if (text.StartsWith(piece, StringComparison.Ordinal)) best = Math.Max(best, score + Best(text[piece.Length..], pieces));
        return best;
    }

    private static Tokenizer Make(params (string Text, float Score)[] added) => Make(256, added);

    private static Tokenizer Make(int bytes, params (string Text, float Score)[] added)
    {
        string[] special = ["<|plamo:unk|>", "<|plamo:bos|>", "<|plamo:eos|>", "<|plamo:pad|>"];
        return Tokenizer.Create(new GgufWriter().Add("tokenizer.ggml.model", "plamo2")
            .Add("tokenizer.ggml.tokens", (string[])[.. special, .. Enumerable.Range(0, bytes).Select(b => $"<0x{b:X2}>"), .. added.Select(a => a.Text)])
            .Add("tokenizer.ggml.token_type", (int[])[Unknown, Control, Control, Control, .. Enumerable.Repeat(Byte, bytes), .. added.Select(_ => Normal)])
            .Add("tokenizer.ggml.scores", (float[])[.. new float[4 + bytes], .. added.Select(a => a.Score)]).ReadMetadata())!;
    }
}
