using System.Text;
using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Trees of literals, free text and other formats.</summary>
public class StructureTests
{
    private const string Call = """{"sequence":["<tool_call>",{"json":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}},"</tool_call>"]}""";

    private const string Calls = """{"sequence":[{"text":{"without":["<tool_call>"]}},{"repeat":""" + Call + ""","max":2,"separator":"\n"}]}""";

    /// <summary>Single bytes, then: call, word, its end, reasoning's end, the end.</summary>
    private const int CallId = 256, WordId = 257, CallEndId = 258, ThinkEndId = 259, EndId = 260;

    /// <summary>Calls are tokens of text by the file's word, and markers by their form; reasoning's end is no text.</summary>
    private static TokenVocabulary Vocabulary()
    {
        byte[][] bytes = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. new[] { "<tool_call>", "word", "</tool_call>", "</think>", "<end>" }.Select(Encoding.UTF8.GetBytes)];
        bool[] isText = [.. bytes.Select((_, id) => id < ThinkEndId)];
        bool[] isMarker = [.. bytes.Select((_, id) => id is >= CallId and not WordId)];
        return new TokenVocabulary(bytes, isText, [EndId], isMarker);
    }

    private static Grammar Compile(string text, TokenVocabulary? vocabulary = null) => Formats.Compile(GrammarNotation.Structure, text, vocabulary);

    private static void Accept(Constraint constraint, string text)
    {
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            Assert.True(constraint.Allows(value), $"{(char)value} of {text}");
            constraint.Accept(value);
        }
    }

    [Fact]
    public void WithoutAVocabularyByBytes()
    {
        Grammar calls = Compile(Calls);
        calls.Takes("", "hello, <tool_cal> \"\\\n é", "x<tool_call>{\"a\":1}</tool_call>", "<tool_call>{\"a\":1}</tool_call>\n<tool_call>{\"a\":-5}</tool_call>");
        calls.Refuses("<tool_call>", "x<tool_call>{\"a\":true}</tool_call>", "<tool_call>{\"a\":1}</tool_call> ",
            "<tool_call>{\"a\":1}</tool_call>\n<tool_call>{\"a\":1}</tool_call>\n<tool_call>{\"a\":1}</tool_call>");
        Assert.False(calls.Test([0xC3]));
        Assert.False(calls.Test([0x61, 0xFF]));
    }

    [Theory]
    [InlineData("""{"choice":["a",{"regex":"[0-9]+"},{"grammar":{"type":"gbnf","text":"root ::= \"<\" root? \">\""}}]}""", "a 17 <<>>", "b 1a <")]
    [InlineData("""{"sequence":[{"grammar":{"type":"lark","text":"start: start \"x\" | \"y\""}},{"grammar":{"type":"choice","text":"[\"p\",\"q\"]"}}]}""", "yp yxxq", "y xp yx")]
    [InlineData("""{"repeat":{"choice":["a","bb"]},"min":2,"max":3,"separator":","}""", "a,a bb,a,bb", "a a,a,a,a a, ,a,a aa")]
    [InlineData("""{"repeat":"a","max":2}""", "a aa", "aaa b")]
    [InlineData("""{"sequence":[{"grammar":{"type":"json"}},{"json":{"enum":[1,"x"]}}]}""", "[]1 {}\"x\" true1", "[] 1")]
    [InlineData("""{"sequence":[{"text":{"without":["abab","cb"]}},"!"]}""", "! aba! abcab!!", "abab! aabab! acb! a")]
    [InlineData("""{"sequence":[{"json":{"$ref":"#/$defs/n","$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/n"}}}}},{"json":{"type":"array","items":{"$ref":"#"},"maxItems":1}}]}""", "[][] [[[]]][[]]", "[] [][1]")]
    public void Parts(string structure, string taken, string refused)
    {
        Grammar grammar = Compile(structure);
        grammar.Takes(taken.Split(' '));
        grammar.Refuses(refused.Split(' '));
    }

    [Fact]
    public void MarkersAreTakenByTheirIdsAndOnlyWhereALiteralNamesThem()
    {
        Grammar grammar = Compile(Calls, Vocabulary());
        Constraint constraint = grammar.NewConstraint();
        var allowed = new ulong[grammar.Vocabulary.MaskWords];
        constraint.Mask(allowed);
        bool[] may = [.. Enumerable.Range(0, EndId + 1).Select(id => (allowed[id >> 6] >> (id & 63) & 1) != 0)];
        Assert.All([CallId, WordId, EndId, '<', 'a', '"', '\n'], id => Assert.True(may[id]));
        Assert.All([CallEndId, ThinkEndId, 0xFF, 0x80], id => Assert.False(may[id]));
        Accept(constraint, "a<tool_call");
        // The whole text by bytes is neither free nor a call.
        Assert.False(constraint.Allows('>'));
        Assert.True(constraint.Allows(CallId));
        constraint.Accept(CallId);
        Assert.False(constraint.MayEnd);
        Assert.False(constraint.Allows(EndId));
        Accept(constraint, "{\"a\":1}");
        Assert.False(constraint.Allows('<'));
        constraint.Accept(CallEndId);
        Assert.True(constraint.MayEnd);
        Assert.False(constraint.Allows('a'));
        Accept(constraint, "\n");
        constraint.Accept(CallId);
        Accept(constraint, "{\"a\":1}");
        constraint.Accept(CallEndId);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void ASpentBudgetEndsFreeTextAtAWholeCharacter()
    {
        Grammar grammar = Compile("""{"repeat":{"sequence":[{"text":{"without":["</think>"]},"maxTokens":3},"</think>\n",{"json":{"type":"integer"}},";"]}}""", Vocabulary());
        Constraint constraint = grammar.NewConstraint();
        for (int round = 0; round < 2; round++)
        {
            constraint.Accept(WordId);
            Accept(constraint, "x");
            Assert.True(constraint.Allows('y'));
            Constraint fork = constraint.Fork();
            constraint.Accept(0xC3);
            Assert.False(constraint.Allows('y'));
            Assert.False(constraint.Allows(ThinkEndId));
            constraint.Accept(0xA9);
            foreach (Constraint spent in new[] { constraint, fork })
            {
                if (spent == fork)
                {
                    spent.Accept('z');
                }
                Assert.False(spent.Allows('y'));
                Assert.False(spent.Allows(WordId));
                Assert.True(spent.Allows(ThinkEndId));
            }
            constraint.Accept(ThinkEndId);
            Accept(constraint, "\n12;");
        }
        Assert.True(constraint.MayEnd);
    }

    [Fact]
    public void ABudgetOfNothingLeavesNoText()
    {
        Constraint constraint = Compile("""{"sequence":[{"text":{"without":[]},"maxTokens":0},"a"]}""", Vocabulary()).NewConstraint();
        Assert.False(constraint.Allows(WordId));
        Accept(constraint, "a");
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void AnEndTokenThatALiteralNames()
    {
        Constraint constraint = Compile("""{"sequence":["a<end>",{"regex":"b*"}]}""", Vocabulary()).NewConstraint();
        Accept(constraint, "a");
        Assert.True(constraint.Allows(EndId));
        Assert.False(constraint.MayEnd);
        constraint.Accept(EndId);
        Assert.True(constraint.MayEnd);
        Accept(constraint, "b");
        Assert.True(constraint.Allows(EndId));
    }

    [Theory]
    [InlineData("7", "structure #: expected a string, or an object with one of sequence, choice,")]
    [InlineData("""{"sequence":["a",{"sequnce":[]}]}""", "structure #/sequence/1: expected a string, or")]
    [InlineData("""{"choice":[]}""", "structure #/choice: expected a list with something in it")]
    [InlineData("""{"repeat":"a","mim":1}""", "structure #: unknown name 'mim' beside 'repeat'")]
    [InlineData("""{"repeat":"a","min":3,"max":2}""", "structure #: min 3 is more than max 2")]
    [InlineData("""{"repeat":"a","min":-1}""", "structure #/min: expected an integer from 0 to")]
    [InlineData("""{"text":{}}""", "structure #/text: expected { without }")]
    [InlineData("""{"text":{"without":[""]}}""", "structure #/text: expected { without }")]
    [InlineData("""{"sequence":[{"json":{"type":"strin"}}]}""", "schema #/sequence/0/json/type: ")]
    [InlineData("""{"sequence":[{"regex":"("}]}""", "structure #/sequence/0/regex: pattern: ")]
    [InlineData("""{"grammar":{"type":"ebnf","text":""}}""", "structure #/grammar: expected { type, text }")]
    [InlineData("""{"grammar":{"type":"gbnf","text":"root ::="}, "x": 1}""", "structure #: unknown name 'x' beside 'grammar'")]
    public void MistakesSayWhere(string structure, string message)
    {
        RealmException e = Formats.Fails(GrammarNotation.Structure, structure, ErrorCode.InvalidArgument);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TooMuchIsALimit()
    {
        string texts = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"{i:D8}\""));
        Formats.Fails(GrammarNotation.Structure, """{"text":{"without":[""" + texts + "]}}", ErrorCode.Limit);
    }
}
