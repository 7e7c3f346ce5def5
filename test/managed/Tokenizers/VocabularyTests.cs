using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class VocabularyTests
{
    private const string Tokens = "tokenizer.ggml.tokens", Types = "tokenizer.ggml.token_type", Merges = "tokenizer.ggml.merges";

    [Theory]
    [InlineData(null)]
    [InlineData("none")]
    [InlineData("no_vocab")]
    [InlineData("test")]
    public void FilesWithoutATokenizer(string? model)
    {
        var vocabulary = new TinyVocabulary { Entries = { ["tokenizer.ggml.model"] = model } };
        Assert.Null(Tokenizer.Create(vocabulary.Metadata()));
    }

    [Theory]
    [InlineData("GPT2")]
    [InlineData("")]
    [InlineData("sentencepiece\n")]
    public void UnknownModels(string model) => new TinyVocabulary { Entries = { ["tokenizer.ggml.model"] = model } }
        .Fails(ErrorCode.Unsupported, "tokenizer.ggml.model", model.Trim(), "'plamo2' (PLaMo 2)", "the nearest is '");

    [Theory]
    [InlineData("llama-bpe2", "'llama-bpe'")]
    [InlineData("Qwen2", "'qwen2'")]
    [InlineData("deepseek-v4", "'deepseek-v3'")]
    [InlineData("granite-embed-multi-98m", "'granite-embed-multi-97m'")]
    public void UnknownPreTokenizers(string pre, string nearest) =>
        new TinyVocabulary(pre).Fails(ErrorCode.Unsupported, "tokenizer.ggml.pre", $"'{pre}'", $"none of the {PreTokenizers.Names.Count()} ", nearest);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void NoPreTokenizerIsTheDefault(string? pre) => Assert.Equal(['a', '`', '1'], new TinyVocabulary { Pre = pre }.Create().Encode("a`1"));

    [Fact]
    public void WrongTypes()
    {
        foreach (string key in (string[])[Tokens, Types, Merges, "tokenizer.ggml.add_bos_token", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.model"])
            new TinyVocabulary { Entries = { [key] = 1.5f } }.Fails(ErrorCode.Type, key);
        new TinyVocabulary { Entries = { [Tokens] = new byte[300].Select(b => (int)b).ToArray() } }.Fails(ErrorCode.Type, Tokens);
    }

    [Fact]
    public void MissingTables()
    {
        new TinyVocabulary { Entries = { [Tokens] = null } }.Fails(ErrorCode.Vocab, Tokens);
        new TinyVocabulary { Entries = { [Tokens] = Array.Empty<string>() } }.Fails(ErrorCode.Vocab, Tokens, "0 tokens");
        new TinyVocabulary { Entries = { [Merges] = null } }.Fails(ErrorCode.Vocab, Merges);
    }

    [Fact]
    public void MoreThanThereMayBe()
    {
        new TinyVocabulary { Entries = { [Tokens] = Enumerable.Repeat<byte[]>([], (1 << 22) + 1).ToArray() } }
            .Fails(ErrorCode.Vocab, Tokens, "4194305 tokens; expected 1 to 4194304");
        new TinyVocabulary { Entries = { ["tokenizer.ggml.suppress_tokens"] = new int[257] } }
            .Fails(ErrorCode.Vocab, "tokenizer.ggml.suppress_tokens has 257 ids, the vocabulary has 256 tokens");
        RealmException trie = Assert.Throws<RealmException>(() => new ByteTrie((1 << 23) + 1, "special tokens"));
        Assert.Equal((ErrorCode.Limit, "special tokens have 8388609 bytes together; at most 8388608 are supported"), (trie.Code, trie.Message));
    }

    /// <summary>Texts that no array holds: told before any memory is taken for them.</summary>
    [Fact]
    public void LongerThanAnArrayHolds()
    {
        var vocabulary = new TinyVocabulary();
        int id = vocabulary.AddRaw(new string('a', 1 << 15), 4);
        Tokenizer tokenizer = vocabulary.Create();
        int[] ids = [.. Enumerable.Repeat(id, 1 << 16)];
        RealmException e = Assert.Throws<RealmException>(() => tokenizer.Decode(ids, skipSpecial: false));
        Assert.Equal((ErrorCode.Limit, "the text of these 65536 tokens has 2147483648 bytes; at most 2147483591 fit"), (e.Code, e.Message));
        e = Assert.Throws<RealmException>(() =>
        {
            int symbol = 0;
            LongWordMerger.Merge(new MergeTable(0), System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref symbol, LongWordMerger.MaxLength + 1));
        });
        Assert.Equal((ErrorCode.Limit, $"a word of {LongWordMerger.MaxLength + 1} bytes is too long to tokenize; at most {LongWordMerger.MaxLength}"), (e.Code, e.Message));
    }

    [Fact]
    public void OneTokenIsEnough()
    {
        Tokenizer tokenizer = new TinyVocabulary { Entries = { [Tokens] = new[] { "a" }, [Types] = new[] { 1 } } }.Create();
        Assert.Equal([0, 0], tokenizer.Encode("abac", addSpecial: true));
        // The defaults (11) are outside: absent.
        Assert.Equal((null, null), (tokenizer.BosId, tokenizer.EosId));
        Assert.False(tokenizer.IsEndOfGeneration(0));
    }

    [Fact]
    public void TypesMustCoverTheTokens()
    {
        new TinyVocabulary { Entries = { [Types] = new int[255] } }.Fails(ErrorCode.Vocab, Types, "255", "256");
        // More is harmless.
        Assert.NotNull(new TinyVocabulary { Entries = { [Types] = Enumerable.Repeat(1, 300).ToArray() } }.Create());
        Assert.Equal(['a'], new TinyVocabulary { Entries = { [Types] = null } }.Create().Encode("a"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(5)]
    public void UndefinedAndUnusedTokensRenderToNothing(int type)
    {
        var vocabulary = new TinyVocabulary();
        int id = vocabulary.AddRaw("x1", type);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Empty(tokenizer.TokenBytes(id).ToArray());
        Assert.False(tokenizer.IsSpecial(id));
    }

    [Fact]
    public void OfEqualTokensTheFirstIsUsed()
    {
        var vocabulary = new TinyVocabulary("llama-bpe");
        int first = vocabulary.Merge("a", "b");
        int second = vocabulary.Add("ab"u8);
        int special = vocabulary.AddRaw("<x>", 3);
        vocabulary.AddRaw("<x>", 3);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([first, special], tokenizer.Encode("ab<x>", parseSpecial: true));
        Assert.Equal("abab", tokenizer.Text([first, second]));
    }

    [Fact]
    public void OddTexts()
    {
        var vocabulary = new TinyVocabulary();
        int empty = vocabulary.AddRaw("", 1);
        int invalid = vocabulary.AddRaw([(byte)'a', 0xFF, 0xE2, 0x96], 1);
        int foreign = vocabulary.AddRaw("\u2581\u4E2D\u0120", 1); // outside of the alphabet, but the last is a space
        int large = vocabulary.Add(Encoding.UTF8.GetBytes(new string('x', 1 << 20)));
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Empty(tokenizer.TokenBytes(empty).ToArray());
        Assert.Equal([(byte)'a', 0xFF, 0xE2, 0x96], tokenizer.TokenBytes(invalid).ToArray());
        Assert.Equal("\u2581\u4E2D ", Encoding.UTF8.GetString(tokenizer.TokenBytes(foreign)));
        Assert.Equal(1 << 20, tokenizer.TokenBytes(large).Length);
    }

    [Theory]
    [InlineData("<0x0A>", 0x0A)]
    [InlineData("<0xFF>", 0xFF)]
    [InlineData("<0x-1>", -1)]
    [InlineData("<0xZZ>", -1)]
    [InlineData("<0x+f>", -1)]
    [InlineData("<0x 1>", -1)]
    [InlineData("<0x100>", -1)]
    [InlineData("<0xF>", -1)]
    [InlineData("<0xff>", -1)]
    [InlineData("", -1)]
    public void ByteTokens(string text, int value)
    {
        var vocabulary = new TinyVocabulary();
        int id = vocabulary.AddRaw(text, 6);
        if (value < 0)
            vocabulary.Fails(ErrorCode.Vocab, "256", "byte");
        else
            Assert.Equal([(byte)value], vocabulary.Create().TokenBytes(id).ToArray());
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" b")]
    [InlineData("a ")]
    public void MergesOfOneHalf(string merge)
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.Merge("a", "b");
        vocabulary.MergeRaw(merge);
        vocabulary.Fails(ErrorCode.Vocab, $"{Merges}[1]", $"'{merge}'");
    }

    [Theory]
    [InlineData("a b c")]
    [InlineData("a  b")]
    [InlineData("\u4E2D b")]
    [InlineData("#version: 0.2")]
    public void MergesThatCanNotHappen(string merge)
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.MergeRaw(merge);
        int ab = vocabulary.Merge("a", "b");
        Assert.Equal([ab, ' ', 'c'], vocabulary.Create().Encode("ab c"));
    }

    [Theory]
    [InlineData("bos")]
    [InlineData("eos")]
    [InlineData("eot")]
    [InlineData("eom")]
    public void IdsThatDecideAreChecked(string role)
    {
        string key = $"tokenizer.ggml.{role}_token_id";
        foreach (object id in (object[])[256u, 257u, -2, long.MaxValue, 0xFFFF_FFFE])
            new TinyVocabulary { Entries = { [key] = id } }.Fails(ErrorCode.Vocab, key, $"{id}", "256");
        foreach (object id in (object[])[-1, uint.MaxValue])
            Assert.NotNull(new TinyVocabulary { Entries = { [key] = id } }.Create());
    }

    [Fact]
    public void OtherIdsOutsideAreAbsent()
    {
        Tokenizer tokenizer = new TinyVocabulary
        {
            Entries =
            {
                ["tokenizer.ggml.padding_token_id"] = 256u, ["tokenizer.ggml.unknown_token_id"] = uint.MaxValue,
                ["tokenizer.ggml.seperator_token_id"] = -5, ["tokenizer.ggml.mask_token_id"] = 7u,
            },
        }.Create();
        Assert.Equal((null, null, null, 7), (tokenizer.PaddingId, tokenizer.UnknownId, tokenizer.SeparatorId, tokenizer.MaskId));
    }

    [Fact]
    public void BeginAndEndAsTheFileAsks()
    {
        const string bos = "tokenizer.ggml.add_bos_token", eos = "tokenizer.ggml.add_eos_token";
        var ids = new Dictionary<string, object?> { ["tokenizer.ggml.bos_token_id"] = 1u, ["tokenizer.ggml.eos_token_id"] = 2u };
        int[] Encode(string pre, params (string, bool)[] flags)
        {
            var vocabulary = new TinyVocabulary(pre);
            foreach ((string key, object? value) in ids) vocabulary.Entries[key] = value;
            foreach ((string key, bool value) in flags) vocabulary.Entries[key] = value;
            return vocabulary.Create().Encode("a", addSpecial: true);
        }

        Assert.Equal(['a'], Encode("gpt-2"));
        Assert.Equal([1, 'a'], Encode("gpt-2", (bos, true)));
        Assert.Equal([1, 'a', 2], Encode("gpt-2", (bos, true), (eos, true)));
        Assert.Equal([1, 'a'], Encode("llama-bpe"));
        Assert.Equal([1, 'a'], Encode("tekken"));
        Assert.Equal(['a'], Encode("llama-bpe", (bos, false)));
        Assert.Equal(['a', 2], Encode("qwen2", (eos, true)));
        // Without ids: the format's default, 11.
        ids.Clear();
        Assert.Equal([11, 'a'], Encode("llama-bpe"));
        new TinyVocabulary("glm4") { Entries = { [bos] = true } }.Fails(ErrorCode.Vocab, bos);
    }

    [Fact]
    public void SuppressedTokens()
    {
        const string key = "tokenizer.ggml.suppress_tokens";
        Assert.Equal([3, 255], new TinyVocabulary { Entries = { [key] = new[] { 3, 255 } } }.Create().SuppressedIds.ToArray());
        Assert.Empty(new TinyVocabulary().Create().SuppressedIds.ToArray());
        new TinyVocabulary { Entries = { [key] = new[] { 3, 256 } } }.Fails(ErrorCode.Vocab, $"{key}[1]", "256");
        new TinyVocabulary { Entries = { [key] = new[] { -1 } } }.Fails(ErrorCode.Vocab, key, "-1");
    }
}
