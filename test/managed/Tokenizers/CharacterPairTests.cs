using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>BPE on characters: Gemma 4 and kin, and the kinds of models that build on BPE.</summary>
public class CharacterPairTests
{
    private static readonly string[] s_texts =
        ["<pad>", "<eos>", "<bos>", "<unk>", "a", "b", "\u2581", "\u2581a", "ab", "\n", "\n\n", "\u4E2D", "<x>", "\u2581ab"];

    private static readonly string[] s_merges = ["\u2581 a", "a b", "\u2581a b", "\u4E2D \u4E2D"];

    /// <summary>The byte tokens follow the texts.</summary>
    private static readonly int s_bytes = s_texts.Length;

    [Fact]
    public void SpacesAreWrittenAndBytesFillIn()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal([8, 13, 6, 7], tokenizer.Encode("ab ab  a"));
        Assert.Equal([4, s_bytes + 0xC3, s_bytes + 0xA9, 12], tokenizer.Encode("a\u00E9<x>"));
        // A merge whose result is no token falls apart into bytes.
        Assert.Equal([11], tokenizer.Encode("\u4E2D"));
        Assert.Equal([.. "\u4E2D\u4E2D"u8.ToArray().Select(b => s_bytes + b)], tokenizer.Encode("\u4E2D\u4E2D"));
        foreach (string text in (string[])["ab ab  a", " a", "\u4E2D\u4E2D\u00E9\n \n\n\na ", "a<x> b"])
            Assert.Equal(text, tokenizer.Text(tokenizer.Encode(text)));
        Assert.Equal([0xFF, 0x80], tokenizer.Decode(tokenizer.Encode([0xFF, 0x80], false, false), false));
    }

    [Fact]
    public void LineFeedsThatAreATokenAreIt()
    {
        Assert.Equal([10, 4, 9, 7], Make().Encode("\n\na\n a"));
        // Three are none: merges would have to make them.
        Assert.Equal([9, 9, 9], Make().Encode("\n\n\n"));
    }

    /// <summary>Files of the first days say that there is no begin token.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [InlineData(null)]
    public void AlwaysABeginToken(bool? flag)
    {
        Assert.Equal([2, 4], Make(w => { if (flag is { } known) w.Add("tokenizer.ggml.add_bos_token", known); }).Encode("a", addSpecial: true));
    }

    [Fact]
    public void OneLongWord()
    {
        Tokenizer tokenizer = Make();
        Assert.Equal((1 << 20) + 1, tokenizer.Encode("b" + new string('a', 1 << 20)).Length);
        Assert.Equal(1 << 20, tokenizer.Encode(string.Concat(Enumerable.Repeat("ab", 1 << 20))).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WordsBetweenWhiteSpace(bool lowercase)
    {
        Tokenizer tokenizer = Make(w => w.Add("tokenizer.ggml.pre", "whitespace").Add("tokenizer.ggml.normalizer.lowercase", lowercase), "whitespace");
        int[] expected = lowercase ? [8, 4, 5] : [8, s_bytes + 'A', s_bytes + 'B'];
        Assert.Equal(expected, tokenizer.Encode("ab A\tB\n"));
        Assert.Equal("\u4E2D", tokenizer.Text(tokenizer.Encode(" \u4E2D\u3000")));
    }

    [Fact]
    public void NucleotidesBySixes()
    {
        var vocabulary = new TinyVocabulary("qwen2") { Entries = { ["tokenizer.ggml.model"] = "hybriddna" } };
        int begin = vocabulary.AddRaw("<dna>", 3), end = vocabulary.AddRaw("</dna>", 3), unknown = vocabulary.AddRaw("<oov>", 3);
        int acgtac = vocabulary.AddRaw("ACGTAC\uE000", 1), ggaaaa = vocabulary.AddRaw("GGAAAA\uE000", 1);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal(['A', begin, acgtac, ggaaaa, end, 'C'], tokenizer.Encode("A<dna>ACGTACgg</dna>C"));
        Assert.Equal([begin, unknown, acgtac], tokenizer.Encode("<dna>NNNNNNacgtac"));
        Assert.Equal([begin, unknown], tokenizer.Encode("<dna>\u4E2D"));
        Assert.Equal("A<dna>ACGTACGGAAAA</dna>C", tokenizer.Text(['A', begin, acgtac, ggaaaa, end, 'C']));
        // Without its tokens it is a byte-level vocabulary like others.
        Assert.Equal("<dna>"u8.ToArray().Select(b => (int)b),
            new TinyVocabulary("qwen2") { Entries = { ["tokenizer.ggml.model"] = "hybriddna" } }.Create().Encode("<dna>"));
    }

    [Fact]
    public void Merges()
    {
        var e = Assert.Throws<RealmException>(() => Make(w => w.Add("tokenizer.ggml.merges", new[] { "a b", "ab" }), merges: false));
        Assert.Equal(ErrorCode.Vocab, e.Code);
        Assert.Contains("tokenizer.ggml.merges[1]", e.Message);
        Assert.Contains("tokenizer.ggml.merges", Assert.Throws<RealmException>(() => Make(_ => { }, merges: false)).Message);
        // Kimi K2 may do without them.
        Tokenizer kimi = new TinyVocabulary("kimi-k2") { Entries = { ["tokenizer.ggml.merges"] = null } }.Create();
        Assert.Equal(['a', 'b'], kimi.Encode("ab"));
    }

    private static Tokenizer Make() => Make(_ => { });

    private static Tokenizer Make(Action<GgufWriter> change, string model = "gemma4", bool merges = true)
    {
        var writer = new GgufWriter().Add("tokenizer.ggml.model", model)
            .Add("tokenizer.ggml.tokens", (string[])[.. s_texts, .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")])
            .Add("tokenizer.ggml.token_type", (int[])
            [
                .. s_texts.Select((text, id) => id < 4 ? 3 : text == "<x>" ? 4 : 1), .. Enumerable.Repeat(6, 256),
            ])
            .Add("tokenizer.ggml.bos_token_id", 2u).Add("tokenizer.ggml.eos_token_id", 1u);
        if (merges) writer.Add("tokenizer.ggml.merges", s_merges);
        change(writer);
        return Tokenizer.Create(writer.ReadMetadata())!;
    }
}
