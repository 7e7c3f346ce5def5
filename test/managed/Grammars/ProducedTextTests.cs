using System.Text;
using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Whether a text can come of tokens, and schemas of which a part is left out.</summary>
public class ProducedTextTests
{
    private const string Think = """{"sequence":[{"text":{"without":["</a>"]},"maxTokens":3},"<think>",{"json":{"type":"integer"}}]}""";

    private static bool Test(Grammar grammar, string text, bool writesMarkers = true) =>
        new ProducedText(grammar, writesMarkers).Test(Encoding.UTF8.GetBytes(text));

    private static Grammar Loose(string schema, GrammarNotation notation = GrammarNotation.JsonSchema) =>
        GrammarFormat.Compile(notation, Encoding.UTF8.GetBytes(schema), Formats.SmallVocabulary(), ignoresUnsupported: true);

    [Fact]
    public void BudgetsCountTheFewestTokens()
    {
        Grammar grammar = Formats.Compile(GrammarNotation.Structure, Think, Formats.SmallVocabulary("abc", "bcd"));
        Assert.All(["<think>1", "abcabcabc<think>-20", "abcd<think>0", "é<think>0"], text => Assert.True(Test(grammar, text), text));
        // Four tokens at least; not whole; a marker by bytes is still the marker's text.
        Assert.All(["abcabcabcd<think>1", "aé<thin", "xyzw<think>1", "<think>", "abc<think>1 ", ""], text => Assert.False(Test(grammar, text), text));
    }

    [Fact]
    public void OnlyWhatTheVocabularyCanWrite()
    {
        byte[][] bytes = ["ab"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray(), "<m>"u8.ToArray()];
        var vocabulary = new TokenVocabulary(bytes, [true, true, true, false], []);
        Grammar grammar = Formats.Regex("a?[bc]+", vocabulary);
        Assert.All(["ab", "abbc", "cb"], text => Assert.True(Test(grammar, text), text));
        Assert.All(["a", "ac", "", "abd", "acb"], text => Assert.False(Test(grammar, text), text));
        Grammar marked = Formats.Gbnf("root ::= <m> \"ab\" <[3]>", vocabulary);
        Assert.True(Test(marked, "ab", writesMarkers: false));
        Assert.True(Test(marked, "<m>ab<m>"));
        Assert.False(Test(marked, "ab"));
    }

    [Fact]
    public void ManyWaysAndDeepFrames()
    {
        Grammar grammar = Formats.Gbnf("root ::= \"[\" root? \"]\" | \"a\"", Formats.SmallVocabulary("[[", "]]", "[[[", "]]]"));
        Assert.True(Test(grammar, new string('[', 300) + "a" + new string(']', 300)));
        Assert.False(Test(grammar, new string('[', 300) + "a" + new string(']', 299)));
    }

    [Theory]
    [InlineData("""{"type":"array","uniqueItems":true,"maxItems":3}""", "[1,1]", "[1,1,1,1]", "schema #/uniqueItems: ")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","pattern":"(?<=x)y"}},"required":["a"]}""", """{"a":"q"}""", """{"a":1}""", "schema #/properties/a/pattern: ")]
    [InlineData("""{"type":"object","properties":{"not":{"type":"integer"}},"minProperties":9,"required":["not"]}""", """{"not":1}""", """{"not":"1"}""", "schema #/minProperties: ")]
    [InlineData("""{"type":"object","not":{"propertyNames":{"maxLength":1}}}""", """{"a":1}""", "[]", "schema #/not/propertyNames: ")]
    [InlineData("""{"$defs":{"b":{"propertyNames":{"maxLength":1}}},"type":"object","not":{"$ref":"#/$defs/b"}}""", """{"a":1}""", "[]", "schema #/$defs/b/propertyNames: ")]
    [InlineData("""{"type":"object","oneOf":[{"propertyNames":{"maxLength":1}},{"minProperties":1}]}""", """{"a":1}""", "[]", "schema #/oneOf/0/propertyNames: ")]
    [InlineData("""{"$ref":"http://elsewhere/"}""", "{}", "x", "schema #/$ref: ")]
    public void WhatCantBeHeldIsLeftOut(string schema, string taken, string refused, string warning)
    {
        string message = Formats.Fails(GrammarNotation.JsonSchema, schema, ErrorCode.Unsupported).Message;
        Assert.StartsWith(warning, message, StringComparison.Ordinal);
        Assert.EndsWith("; with unsupported: 'ignore' it is left out", message, StringComparison.Ordinal);
        Grammar grammar = Loose(schema);
        Assert.False(grammar.IsChecked);
        Assert.StartsWith(warning, grammar.Warnings[^1], StringComparison.Ordinal);
        Assert.EndsWith(" (ignored)", grammar.Warnings[^1], StringComparison.Ordinal);
        Assert.True(grammar.Test(taken));
        Assert.False(grammar.Test(refused));
    }

    [Fact]
    public void OtherMistakesStay()
    {
        Assert.True(Loose("""{"type":"integer"}""").IsChecked);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.ThrowsAny<RealmException>(() => Loose("""{"type":"integr"}""")).Code);
        Grammar part = Loose("""{"sequence":["a",{"json":{"type":"array","uniqueItems":true}}]}""", GrammarNotation.Structure);
        Assert.False(part.IsChecked);
        Assert.True(part.Test("a[1,1]"));
    }
}
