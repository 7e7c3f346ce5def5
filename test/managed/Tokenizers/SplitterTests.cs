using System.Numerics;
using System.Text;
using Realm.Tokenizers;
using Realm.Tokenizers.Splitters;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>
/// Pieces by pre-tokenizer, expected by reading its regular expression. In the tables "|" separates pieces.
/// </summary>
public class SplitterTests
{
    [Theory]
    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    [InlineData("gpt-2", "I|'m| you|'re| '|S|?")]
    [InlineData("gpt-2", "I|'|M| it|'s| rock|'|n|'|roll")]
    [InlineData("gpt-2", "''|s")]                            // the contraction only counts at the start of a piece
    [InlineData("gpt-2", " '|s")]
    [InlineData("gpt-2", "!'|s")]
    [InlineData("gpt-2", "a| 1234|x| 5")]
    [InlineData("gpt-2", " | a|  | b| ")]
    [InlineData("gpt-2", "\n|\n|x|  \n| y|  ")]
    [InlineData("gpt-2", "e|\u0301|x")]                       // a combining mark is neither letter nor space
    [InlineData("gpt-2", "\u00A0|x|\u3000 | y|\u0085|z")]     // only U+0020 joins a word
    [InlineData("gpt-2", "a|\u200B|b|\uE000\u0378|c")]       // format, private use, unassigned: [^\s\p{L}\p{N}]
    [InlineData("gpt-2", "\u0663\u00BD\u2163|\u4E2D\u6587|\U0001F468\u200D\U0001F469")]
    // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
    [InlineData("llama-bpe", "I|'M| YOU|'Re| we|'VE|'lL|'D")]
    [InlineData("llama-bpe", "'x|'|1")]                        // the leading character may be an apostrophe
    [InlineData("llama-bpe", "'\u017F|1")]                       // long s is no s here
    [InlineData("llama-bpe", "123|456|7|abc|89")]
    [InlineData("llama-bpe", "\u0661\u0662\u0663|\u0664\u00BD")]
    [InlineData("llama-bpe", "(a|)\n\n|\tb|.c| .|d")]
    [InlineData("llama-bpe", "x| !\r\n\n| y")]
    [InlineData("llama-bpe", "a| \n \n|  | b")]
    [InlineData("llama-bpe", "\r\n|a|\r|b|\u0085|1")]
    [InlineData("llama-bpe", "\u00A0x|\u3000\u5168| |\u00A0y")]
    [InlineData("llama-bpe", "e|\u0301x|\u0301\u0301")]       // a mark leads the letters after it
    [InlineData("llama-bpe", "a|\U0001F642b|\u200Dc|\uFEFFd")]
    [InlineData("llama-bpe", "   ")]
    [InlineData("llama-bpe", "  | |1")]
    // the same with \p{N}
    [InlineData("qwen2", "1|2|3| a|'S|x")]
    [InlineData("qwen2", "\u0967|\u00BD|\u2163")]
    // [^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+ and [^\s\p{L}\p{M}\p{N}]+
    [InlineData("qwen35", "e\u0301x| \u0301|1|!\u0301|!!")]
    // \p{N}, then GPT-2's
    [InlineData("smollm", "1|2|3| |4|a|'s|  |5|  ")]
    // [\p{P}\$\+<=>\^~\|`]+, then GPT-2's, then [0-9]{3}
    [InlineData("falcon", "a|=`,|b| |123|456|\u00A3")]
    [InlineData("falcon", "it|'|s|   |.|12")]
    // [\p{P}\$\+<=>\^~\|]+, then GPT-2's, then \p{N}+, then [0-9]{3}: no backtick in the first
    [InlineData("default", "a|=|`|,| |123|4\u0663")]
    // [\r\n]|\s?\p{L}+|\s?\p{P}+|[CJK]+|\p{N}, each on what the others left
    [InlineData("deepseek-coder", "a|\n|\n| b|\tc|1|2| !?")]
    [InlineData("deepseek-coder", "  | x|+|\u4E2D\u6587|  ")]
    // [\r\n], \s?letters with case, \s?signs, \s+$, [CJK]+, \p{N}+
    [InlineData("deepseek-llm", "Hi| |\u4E2D")]
    [InlineData("deepseek-llm", "a|,|b|123|\u05D0")]
    [InlineData("deepseek-llm", "a|  ")]
    // \p{N}{1,3}, [han kana]+, then [ascii sign][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|...
    [InlineData("deepseek-v3", "123|4|\u4E2D\u3042|a|.b| ..|c")]
    [InlineData("deepseek-v3", "e\u0301x\u00E9|\u00A3|a")]
    [InlineData("deepseek-v3", "_|\u00E9|!\n\n|\u0001|1")]
    // o200k: upper case begins a word; as in llama.cpp only ASCII has case, and marks are no letters
    [InlineData("gpt-4o", "HTTPResponse|Of|X")]
    [InlineData("gpt-4o", "camel|Case's|ABC'D|EF")]
    [InlineData("gpt-4o", "\u4E2DA\u00C9cole| \u0410\u0431\u0412")]
    [InlineData("gpt-4o", "\u4E2D|A| \u4E2D|ABC|1")]          // the run gives back what has no lower case after it
    [InlineData("gpt-4o", "\u0301|1|-\u0301|\u02B0|A|1")]
    [InlineData("gpt-4o", "\u0928\u092E\u0938|\u094D\u0924|\u0947|123|4|a|/")]
    [InlineData("granite-embed-multi-97m", "\u0301|1|-\u0301\u02B0|A|1")]
    [InlineData("granite-embed-multi-97m", "\u0928\u092E\u0938\u094D\u0924\u0947|123|4|a|/")]
    [InlineData("gpt-4o", "x|//\n/|y")]
    [InlineData("tekken", "1|2|it|'s| ok")]
    // \p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N})), with what is before it
    [InlineData("tiny_aya", "1|234|567| |12|345| |1|234|th")]
    [InlineData("tiny_aya", "a| | |1|234|iPhone")]
    [InlineData("afmoe", "a| |1|234| |567")]
    // (?=(\d{3})+(?!\d)) in numbers
    [InlineData("superbpe", "a b. |1|234|567| c, |123| |12| |\u06631|234\u0663| |12\u0663")]
    // Han apart from other letters
    [InlineData("kimi-k2", "aB|\u4E2D\u6587|\u3042b'Re| \u3042|\u4E2D|1|e|\u0301x|!!\n| \n| ")]
    // words with single spaces between them, one line break behind signs
    [InlineData("exaone-moe", "two words|  | three e\u0301 x| |1|2|!?\n|\n|'s")]
    // <sentinel:[0-9]+>, IMGIMG[A-I]{1,4}Z, [\t\n]|    |  , \p{N}, signs one by one, GPT-2's
    [InlineData("chameleon", "<|sentinel|:|1|2|>|IMGIMGABZ|xIMGIMGABCDEZ|\t|\n|    |  | a|1|2|.|.|\u00A3")]
    // as deepseek-v3, with single line breaks and digits
    [InlineData("spark2_5", "1|2|!|\n|\n| |\n|a")]
    // \s{512}(?!\S)|...|\s{4}(?!\S)|\s{1,2}(?!\S)|\s
    [InlineData("jais-2", "a|    | | b|   \n|  ")]
    // \S+
    [InlineData("whitespace", "a.b| \n|c")]
    // [^\n]+|[\n]+
    [InlineData("gemma4", "a b|\n\n| c")]
    //  ?[^(\s|.,!?...)]+
    [InlineData("bloom", "a+1| b| | c|, (|d|)")]
    [InlineData("viking", "a|1| b|2|2")]
    // [^\n]+|[\n]+, then Qwen 2's
    [InlineData("laguna", "a| |\n\n|b")]
    public void Pieces(string pre, string pieces) => Assert.Equal(pieces.Split('|'), Split(pre, pieces.Replace("|", "")));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0x41 }, new[] { 1, 2 })]
    [InlineData(new byte[] { 0x41, 0xE4, 0xB8, 0x20 }, new[] { 1, 3, 4 })]        // a cut sequence: two stray bytes
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, new[] { 3 })]                     // a surrogate
    [InlineData(new byte[] { 0xC0, 0x80, 0x31 }, new[] { 2, 3 })]                  // an overlong zero
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, new[] { 4 })]               // beyond U+10FFFF
    [InlineData(new byte[] { 0x80, 0xC3, 0xA9 }, new[] { 1, 3 })]                  // resumes at the next sequence
    public void StrayBytesAreSymbols(byte[] text, int[] ends)
    {
        var actual = new List<int>();
        int memo = 0;
        for (int at = 0; at < text.Length; actual.Add(at))
            at = new Gpt2Splitter().Next(text, at, ref memo);
        Assert.Equal(ends, actual);
    }

    /// <summary>Every splitter of the table, on random texts: pieces are not empty and make up the text.</summary>
    [Fact]
    public void PiecesMakeUpTheText()
    {
        string[] atoms =
        [
            "a", "B", "\u00E9", "\u01C5", "\u4E2D", "\u0301", "1", "\u0663", "\u00BD", " ", "\u00A0", "\u3000", "\n", "\r", "\t", "'", "'s", ".",
            "$", "\u20AC", "\u200D", "\U0001F642", "\uE000", "/", "_", "\0",
        ];
        var random = new Random(3);
        foreach (string pre in PreTokenizers.Names)
        {
            for (int round = 0; round < 200; round++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => atoms[random.Next(atoms.Length)]));
                string[] pieces = Split(pre, text);
                Assert.DoesNotContain("", pieces);
                Assert.Equal(text, string.Concat(pieces));
            }
        }
    }

    /// <summary>Jais 2 cuts white space by powers of two, each piece found without looking at all that follows.</summary>
    [Theory]
    [InlineData(511, "", "256 128 64 32 16 8 4 2 1")]
    [InlineData(1030, "", "512 512 4 2")]
    [InlineData(512, "x", "256 128 64 32 16 8 4 2 1")]
    [InlineData(514, "x", "512 1")]
    [InlineData(1024, "x", "512 256 128 64 32 16 8 4 2 1")]
    public void PowersOfTwo(int spaces, string rest, string lengths)
    {
        int[] pieces = [.. Split("jais-2", new string(' ', spaces) + rest).Where(piece => piece.Trim().Length == 0).Select(piece => piece.Length)];
        Assert.Equal(lengths, string.Join(' ', pieces));
    }

    /// <summary>Classes of all code points: a runtime of a later Unicode version shows here (see LaterCodePoints).</summary>
    [Fact]
    public void ClassesAreThoseOfUnicode15()
    {
        ulong sum = 0;
        for (int c = 0; c <= 0x10FFFF; c++) sum = unchecked(sum * 31 + (ulong)Scan.OfCodePoint(c));
        Assert.Equal(8298423850862848692UL, sum);
    }

    [Fact]
    public void NamesAreDistinct() => Assert.Equal(PreTokenizers.Names.Distinct(), PreTokenizers.Names);

    [Fact]
    public void ClassesPartitionUnicode()
    {
        Assert.DoesNotContain(Enumerable.Range(0, 0x110000), c => !BitOperations.IsPow2((int)Scan.OfCodePoint(c)));
        int[] spaces = [.. Enumerable.Range(0, 0x110000).Where(c => Scan.OfCodePoint(c) == CharClass.Space)];
        // Unicode's White_Space.
        Assert.Equal(
            [
                9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009,
                0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
            ], spaces);
    }

    private static string[] Split(string pre, string text)
    {
        var pieces = new List<string>();
        Cut(PreTokenizers.Find(pre).Splitters, Encoding.UTF8.GetBytes(text), pieces);
        return [.. pieces];
    }

    private static void Cut(ReadOnlySpan<Splitter> splitters, ReadOnlySpan<byte> text, List<string> pieces)
    {
        if (splitters.Length == 0)
        {
            pieces.Add(Encoding.UTF8.GetString(text));
            return;
        }
        int memo = 0;
        for (int start = 0; start < text.Length;)
        {
            int end = splitters[0].Next(text, start, ref memo);
            Cut(splitters[1..], text[start..end], pieces);
            start = end;
        }
    }
}
