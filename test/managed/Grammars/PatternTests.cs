using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Regular expressions against .NET's, and what is refused.</summary>
public class PatternTests
{
    private static readonly string[] Texts =
    [
        "", "a", "b", "ab", "ba", "abc", "aab", "foo", "foobar", "a b", "a-b", "A", "1", "12", "123", "2020-01-31", "é", "éa", "☃", "😀", "x1y",
        "foo bar", "barfoo", "a\nb", "_", "a_1", "aaa", "aaaa", "(a)", "a.b", "{1}", "]", "\t", "\"", "\\", "a\"b",
    ];

    [Theory]
    [InlineData("a")]
    [InlineData("^a")]
    [InlineData("a$")]
    [InlineData("^a$|^b$")]
    [InlineData("^(a|b)+$")]
    [InlineData("^a|b$")]
    [InlineData("^[^a]*$")]
    [InlineData("^.{2,3}$")]
    [InlineData(@"\d{2,}")]
    [InlineData(@"^\w+\s\w+$")]
    [InlineData(@"^\d{4}-\d\d-\d\d$")]
    [InlineData("^(?!foo)")]
    [InlineData("^(?=a)[ab]+$")]
    [InlineData("^(?:(?!oo).)*$")]
    [InlineData(@"\bfoo\b")]
    [InlineData(@"^\bfoo")]
    [InlineData(@"\Ba")]
    [InlineData("a*?b")]
    [InlineData(@"\\|""")]
    [InlineData("(^a)?b")]
    [InlineData("()")]
    [InlineData("^$")]
    [InlineData("[]a]|x")]
    [InlineData(@"[\w-]+_")]
    [InlineData("é|☃")]
    [InlineData(@"^[^\x00-\x7f]$")]
    [InlineData(@"^\u{61}$")]
    public void SameAsDotNet(string pattern)
    {
        // .NET knows neither braces in \u nor classes that are empty, and takes a pair of surrogates for two characters.
        var judge = new Regex(pattern.Replace(@"\u{61}", "a").Replace("[]a]", "(?!)"));
        Grammar grammar = Formats.Schema($$"""{"type":"string","pattern":{{JsonSerializer.Serialize(pattern)}}}""");
        foreach (string text in Texts)
        {
            if (text.Contains('é') && pattern.AsSpan().IndexOfAny(WordEscapes) >= 0)
            {
                continue; // a letter of a word in .NET, not so in ECMAScript
            }
            string json = Encoding.UTF8.GetString(JsonText.Characters(text));
            Assert.True(grammar.Test($"\"{json}\"") == judge.IsMatch(text.Replace("😀", "★")), $"/{pattern}/ on {text}");
        }
    }

    private static readonly System.Buffers.SearchValues<string> WordEscapes =
        System.Buffers.SearchValues.Create(["\\w", "\\b", "\\B"], StringComparison.Ordinal);

    [Fact]
    public void WholeTexts()
    {
        Grammar grammar = Formats.Regex(@"(yes|no)( \d+)?");
        grammar.Takes("yes", "no 12");
        grammar.Refuses("yes ", "maybe", "yes 1x");
    }

    [Fact]
    public void Categories()
    {
        Grammar grammar = Formats.Regex(@"\p{Lu}\p{L}*\P{L}");
        grammar.Takes("Éa1", "Z☃");
        grammar.Refuses("éa1", "ZZ");
    }

    [Theory]
    [InlineData("(", ErrorCode.InvalidArgument)]
    [InlineData("a)", ErrorCode.InvalidArgument)]
    [InlineData("[a", ErrorCode.InvalidArgument)]
    [InlineData("*a", ErrorCode.InvalidArgument)]
    [InlineData("a**", ErrorCode.InvalidArgument)]
    [InlineData("a{3,2}", ErrorCode.InvalidArgument)]
    [InlineData("[z-a]", ErrorCode.InvalidArgument)]
    [InlineData(@"\a", ErrorCode.InvalidArgument)]
    [InlineData(@"\xg0", ErrorCode.InvalidArgument)]
    [InlineData("(?P=n)", ErrorCode.InvalidArgument)]
    [InlineData(@"(a)\1", ErrorCode.Unsupported)]
    [InlineData("(?<=a)b", ErrorCode.Unsupported)]
    [InlineData(@"\p{Script=Greek}", ErrorCode.Unsupported)]
    [InlineData("(?:(?=a)a|b)*c", ErrorCode.Unsupported)]
    [InlineData("a{999999999999}", ErrorCode.Limit)]
    public void Mistakes(string pattern, ErrorCode code) => Formats.Fails(GrammarNotation.Regex, pattern, code);
}
