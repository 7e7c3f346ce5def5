using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

public class SpecialTokensTests
{
    private const int Control = 3, UserDefined = 4, Unknown = 2;

    [Fact]
    public void OnlyUserDefinedTokensInPlainText()
    {
        var vocabulary = new TinyVocabulary();
        int control = vocabulary.AddRaw("<ctl>", Control);
        int unknown = vocabulary.AddRaw("<wot>", Unknown);
        int user = vocabulary.AddRaw("<usr>", UserDefined);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([.. "<ctl><wot>"u8.ToArray().Select(b => (int)b), user], tokenizer.Encode("<ctl><wot><usr>"));
        Assert.Equal([control, unknown, user], tokenizer.Encode("<ctl><wot><usr>", parseSpecial: true));
        Assert.Equal("<usr>", tokenizer.Text([control, unknown, user], skipSpecial: true));
        Assert.Equal("<ctl><wot><usr>", tokenizer.Text([control, unknown, user]));
        Assert.True(tokenizer.IsSpecial(control) && tokenizer.IsSpecial(unknown) && !tokenizer.IsSpecial(user));
    }

    [Fact]
    public void LongerOnesWinWhereverTheyAre()
    {
        var vocabulary = new TinyVocabulary();
        int ab = vocabulary.AddRaw("<ab", Control);
        int abc = vocabulary.AddRaw("<abc>", Control);
        int tail = vocabulary.AddRaw("bc>d", Control);
        int letter = vocabulary.AddRaw("<", Control);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([abc], tokenizer.Encode("<abc>", parseSpecial: true));
        // The longer token is taken although "bc>d" would continue, and although a shorter one begins earlier.
        Assert.Equal([abc, 'd'], tokenizer.Encode("<abc>d", parseSpecial: true));
        Assert.Equal([letter, 'a', 'a', tail], tokenizer.Encode("<aabc>d", parseSpecial: true));
        Assert.Equal([ab, 'x'], tokenizer.Encode("<abx", parseSpecial: true));
        Assert.Equal([letter, letter, 'b'], tokenizer.Encode("<<b", parseSpecial: true));
    }

    [Fact]
    public void WordsDoNotReachAcross()
    {
        var vocabulary = new TinyVocabulary();
        int merged = vocabulary.Merge("a", "b");
        int special = vocabulary.AddRaw("<x>", Control);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([merged, special, merged, 'a', special, 'b'], tokenizer.Encode("ab<x>aba<x>b", parseSpecial: true));
    }

    /// <summary>Against the rule as it is stated: each token in turn, longest first, in what the others left.</summary>
    [Fact]
    public void AsSearchedOneByOne()
    {
        var random = new Random(8);
        for (int round = 0; round < 400; round++)
        {
            var vocabulary = new TinyVocabulary();
            var specials = new Dictionary<string, int>();
            while (specials.Count < 6)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => "xyz"[random.Next(3)]));
                if (!specials.ContainsKey(text)) specials[text] = vocabulary.AddRaw(text, Control);
            }
            string input = string.Concat(Enumerable.Range(0, 40).Select(_ => "xyz."[random.Next(4)]));
            var expected = new List<int>();
            Search(input, [.. specials.OrderByDescending(s => s.Key.Length).ThenBy(s => s.Value)], 0, expected);
            Assert.Equal(expected, vocabulary.Create().Encode(input, parseSpecial: true));
        }
    }

    private static void Search(string text, KeyValuePair<string, int>[] specials, int first, List<int> output)
    {
        if (first == specials.Length)
        {
            output.AddRange(text.Select(c => (int)c));
            return;
        }
        int at = text.IndexOf(specials[first].Key, StringComparison.Ordinal);
        if (at < 0)
        {
            Search(text, specials, first + 1, output);
            return;
        }
        Search(text[..at], specials, first + 1, output);
        output.Add(specials[first].Value);
        Search(text[(at + specials[first].Key.Length)..], specials, first, output);
    }

    /// <summary>Phi-3's markers swallow the white space behind them, but not what Llama's vocabulary had before.</summary>
    [Fact]
    public void WhiteSpaceBehindPhi3sMarkers()
    {
        var vocabulary = new TinyVocabulary();
        int user = vocabulary.AddRaw("<|user|>", Control);
        int end = vocabulary.AddRaw("<|endoftext|>", Control);
        vocabulary.Entries["general.name"] = "My Phi-3 mini";
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal([user, 'a', user], tokenizer.Encode("<|user|> \n\ta<|user|>  ", parseSpecial: true));
        Assert.Equal([user, user], tokenizer.Encode("<|user|>  <|user|>", parseSpecial: true));
        // A longer token of white space keeps its own.
        int lines = vocabulary.AddRaw("\n\n\n\n\n\n\n\n\n", UserDefined);
        Assert.Equal([user, lines, 'a'], vocabulary.Create().Encode("<|user|> \n\n\n\n\n\n\n\n\na", parseSpecial: true));
        Assert.Equal([end, ' ', 'a'], tokenizer.Encode("<|endoftext|> a", parseSpecial: true));
        Assert.Equal("\u00A0a", tokenizer.Text(tokenizer.Encode("<|user|>\u00A0a", parseSpecial: true), skipSpecial: true));
    }

    [Fact]
    public void WhiteSpaceBeforeAMask()
    {
        var vocabulary = new TinyVocabulary("jina-v2-de");
        int mask = vocabulary.AddRaw("<mask>", Control);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal(['a', mask, ' ', 'b'], tokenizer.Encode("a  <mask> b", parseSpecial: true));
        Assert.Equal([mask, mask], tokenizer.Encode(" <mask> <mask>", parseSpecial: true));
    }

    [Fact]
    public void AnEmptyOneIsIgnored()
    {
        var vocabulary = new TinyVocabulary();
        int empty = vocabulary.AddRaw("", Control);
        Tokenizer tokenizer = vocabulary.Create();
        Assert.Equal(['a', 'b'], tokenizer.Encode("ab", parseSpecial: true));
        Assert.Empty(tokenizer.TokenBytes(empty).ToArray());
    }

    /// <summary>A hundred thousand special tokens, each a beginning of others: no text takes long.</summary>
    [Fact]
    public void ManyOfThem()
    {
        var vocabulary = new TinyVocabulary();
        for (int i = 0; i < 100_000; i++) vocabulary.AddRaw($"<{i}>", Control);
        int first = vocabulary.AddRaw("<", Control);
        Tokenizer tokenizer = vocabulary.Create();
        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Repeat("<99999><9", 50_000)), parseSpecial: true);
        Assert.Equal([256 + 99_999, first, '9'], ids[^3..]);
    }

    [Fact]
    public void TooMuchOfThem()
    {
        var vocabulary = new TinyVocabulary();
        vocabulary.AddRaw(new string('x', 9 << 20), Control);
        vocabulary.Fails(ErrorCode.Limit, "special");
    }

    [Fact]
    public void ALongOneInARepetitiveText()
    {
        var vocabulary = new TinyVocabulary();
        int x = vocabulary.AddRaw(new string('x', 100_000), Control);
        Tokenizer tokenizer = vocabulary.Create();
        byte[] text = Encoding.UTF8.GetBytes(new string('x', 99_999) + 'y' + new string('x', 250_000));
        int[] ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
        Assert.Equal(2, ids.Count(id => id == x));
        Assert.Equal(100_000 + 2 + 50_000, ids.Length);
    }
}
