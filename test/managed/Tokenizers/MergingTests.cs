using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class MergingTests
{
    /// <summary>
    /// Words of all lengths, on both sides of where the way of working changes, against the rule: the lowest rank first, the
    /// leftmost of equals. Ranks are random, so that merges of a lower rank arise from ones of a higher: the odd case; or several
    /// merges have one rank, as SentencePiece's scores make it.
    /// </summary>
    [Theory]
    [InlineData(40)]
    [InlineData(3)]
    [InlineData(1)]
    public void LowestRankFirst(int different)
    {
        var random = new Random(4);
        for (int round = 0; round < 1500; round++)
        {
            var (merges, ranks) = RandomMerges(random, different);
            int[] word = [.. Enumerable.Range(0, random.Next(1, 120)).Select(_ => random.Next(round % 3 + 1))];
            List<int> expected = [.. word];
            while (true)
            {
                int best = -1;
                for (int i = 0; i + 1 < expected.Count; i++)
                {
                    if (ranks.TryGetValue((expected[i], expected[i + 1]), out var merge)
                        && (best < 0 || merge.Rank < ranks[(expected[best], expected[best + 1])].Rank))
                        best = i;
                }
                if (best < 0) break;
                expected[best] = ranks[(expected[best], expected[best + 1])].Merged;
                expected.RemoveAt(best + 1);
            }
            int[] actual = [.. word];
            Assert.Equal(expected, actual[..WordMerger.Merge(merges, actual)]);
            actual = [.. word];
            Assert.Equal(expected, actual[..LongWordMerger.Merge(merges, actual)]);
        }
    }

    /// <summary>The pairs of one rank arise from right to left here, and overlap: the leftmost is merged all the same.</summary>
    [Fact]
    public void LeftmostOfPairsFoundBackwards()
    {
        const int p = 0, q = 1, r = 2, s = 3, x = 4, y = 5;
        var merges = new MergeTable(3);
        merges.Add(r, s, 0, x);
        merges.Add(p, q, 1, x);
        merges.Add(x, x, 2, y);
        int[] word = [p, q, p, q, r, s];
        Assert.Equal([y, x], word[..LongWordMerger.Merge(merges, word)]);
        word = [p, q, p, q, r, s];
        Assert.Equal([y, x], word[..WordMerger.Merge(merges, word)]);
    }

    [Fact]
    public void OfTwoMergesOfOnePairTheFirstCounts()
    {
        var vocabulary = new TinyVocabulary();
        int ab = vocabulary.Merge("a", "b");
        int bc = vocabulary.Merge("b", "c");
        vocabulary.MergeOnly("b", "c");
        vocabulary.MergeOnly("a", "b");
        Assert.Equal([ab, 'c'], vocabulary.Create().Encode("abc"));
        Assert.Equal([bc], vocabulary.Create().Encode("bc"));
    }

    /// <summary>Merges may go through texts that are no token; what ends there falls apart into bytes.</summary>
    [Fact]
    public void ThroughTextsThatAreNoToken()
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.MergeOnly("a", "b");
        int abc = vocabulary.Merge("ab", "c");
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([abc], tokenizer.Encode("abc"));
        Assert.Equal(['a', 'b', 'd'], tokenizer.Encode("abd"));
    }

    [Fact]
    public void WholeWordsFirstWhereTheModelSaysSo()
    {
        foreach ((string pre, bool whole) in (ReadOnlySpan<(string, bool)>)[("llama-bpe", true), ("qwen2", false)])
        {
            var vocabulary = new TinyVocabulary(pre);
            int word = vocabulary.Add("abc"u8);
            Tokenizer tokenizer = vocabulary.Create();
            Assert.Equal(whole ? [word] : ['a', 'b', 'c'], tokenizer.Encode("abc"));
            Assert.Equal(['a', 'b', 'c', 'd'], tokenizer.Encode("abcd"));
        }
    }

    /// <summary>DeepSeek's vocabulary has "õ" (the letter for byte F5) as a user-defined token: both ways lead to it.</summary>
    [Fact]
    public void ATokenOfTheAlphabetThatIsUserDefined()
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.Entries["tokenizer.ggml.tokens"] = Enumerable.Range(0, 257)
            .Select(b => b == 0xF5 ? "[gone]" : b == 256 ? "\u00F5" : TinyVocabulary.Alphabet([(byte)b])).ToArray();
        vocabulary.Entries["tokenizer.ggml.token_type"] = Enumerable.Range(0, 257).Select(b => b == 256 ? 4 : 1).ToArray();
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([256], tokenizer.Encode([0xF5], false, false));
        Assert.Equal([256], tokenizer.Encode("\u00F5"));
        Assert.Equal("\u00F5", tokenizer.Text([256]));
    }

    [Fact]
    public void AByteWithoutAToken()
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.Entries["tokenizer.ggml.tokens"] = Enumerable.Range(0, 255).Select(b => TinyVocabulary.Alphabet([(byte)b])).ToArray();
        Assert.Equal(['a', 'b'], vocabulary.Create().Encode([(byte)'a', 0xFF, (byte)'b'], false, false));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("Z")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData(" \n")]
    [InlineData(".")]
    [InlineData("7")]
    [InlineData("'")]
    [InlineData("us")]
    [InlineData("aA")]
    [InlineData("\u4E2D")]
    [InlineData("\u0301")]
    [InlineData("\U0001F468\u200D\U0001F469")]
    [InlineData("\uE000")]
    public void LongTextsOfOneKind(string unit)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, (1 << 17) / Encoding.UTF8.GetByteCount(unit))));
        foreach (string pre in (string[])["gpt-2", "llama-bpe", "default", "deepseek-llm", "deepseek-v3", "gpt-4o", "tiny_aya"])
        {
            var vocabulary = new TinyVocabulary(pre);
            string longer = unit;
            for (int i = 0; i < 4; i++, longer += longer) vocabulary.Merge(longer, longer);
            for (int i = 1; i < Encoding.UTF8.GetByteCount(unit); i++)
                vocabulary.MergeRaw(TinyVocabulary.Alphabet(text.AsSpan(0, i)) + " " + TinyVocabulary.Alphabet(text.AsSpan(i, 1)));
            Tokenizer tokenizer = vocabulary.Create();
            var clock = System.Diagnostics.Stopwatch.StartNew();
            int[] ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
            // Linear ways take a fraction of a second, quadratic ones minutes.
            Assert.True(clock.Elapsed.TotalSeconds < 60, $"{pre} took {clock.Elapsed}");
            Assert.Equal(text.Length, ids.Sum(id => tokenizer.TokenBytes(id).Length));
        }
    }

    private static (MergeTable, Dictionary<(int, int), (int Rank, int Merged)>) RandomMerges(Random random, int different)
    {
        // Symbols are texts; 0 to 2 are one letter, each merge makes a longer one, and several may make the same.
        List<string> texts = ["a", "b", "c"];
        var pairs = new Dictionary<(int, int), (int Rank, int Merged)>();
        int[] ranks = [.. Enumerable.Range(0, 40)];
        random.Shuffle(ranks);
        var table = new MergeTable(ranks.Length);
        foreach (int place in ranks)
        {
            int rank = place % different;
            (int Left, int Right) pair = (random.Next(texts.Count), random.Next(texts.Count));
            string text = texts[pair.Left] + texts[pair.Right];
            if (text.Length > 8 || pairs.ContainsKey(pair)) continue;
            int merged = texts.IndexOf(text);
            if (merged < 0)
            {
                merged = texts.Count;
                texts.Add(text);
            }
            pairs[pair] = (rank, merged);
            table.Add(pair.Left, pair.Right, rank, merged);
        }
        return (table, pairs);
    }
}
