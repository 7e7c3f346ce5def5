using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>llama.cpp's notation: what it means, and what is wrong.</summary>
public class GbnfTests
{
    [Fact]
    public void LiteralsClassesAndGroups()
    {
        Grammar grammar = Formats.Gbnf("""
            # a list of moves
            root ::= (
                "1. " move " " move "\n"   # the first
                ([1-9] [0-9]? ". " move " " move "\n")+
            )
            move ::= (pawn | "O-O") [+#]?
            pawn ::= [a-h] [1-8] |
                     [^a-z\n] "x" .
            """);
        grammar.Takes("1. e4 e5\n2. O-O+ a1#\n", "1. Xx☃ e5\n12. a1 b2\n3. c3 d4\n");
        grammar.Refuses("", "1. e4 e5\n", "1. e4 e5\n2. O-O", "1. e9 e5\n2. a1 a1\n", "1. xx1 e5\n2. a1 a1\n");
    }

    [Theory]
    [InlineData("\"a\"{3}", "aaa", "aa|aaaa|")]
    [InlineData("\"a\"{2,}", "aa|aaaaaaaaa", "a|")]
    [InlineData("\"a\"{0,2}", "|a|aa", "aaa")]
    [InlineData("\"a\"{ 1 , 2 }", "a|aa", "|aaa")]
    [InlineData("(\"a\" | \"b\"*)* \"c\"?", "|c|abba|bbc", "cc|ca")]
    [InlineData("[\\]\\-x]+", "]-x", "\\|")]
    [InlineData("[a-]+", "a-", "b")]
    [InlineData("\"\\x41\\u00e9\\U0001F600\"", "Aé😀", "A")]
    [InlineData("[^\"]", "é|😀|\n", "\"|ab|")]
    [InlineData("\"\"", "", "a")]
    [InlineData("\"a\"{5000}\"b\" | \"q\"", "q", "aaab")]
    public void Symbols(string body, string taken, string refused)
    {
        Grammar grammar = Formats.Gbnf($"root ::= {body}");
        grammar.Takes(taken.Split('|'));
        grammar.Refuses(refused.Split('|'));
    }

    [Fact]
    public void RecursionBeyondTheFirstPlace()
    {
        Grammar grammar = Formats.Gbnf("root ::= value\nvalue ::= \"[\" (value (\",\" value)*)? \"]\" | [0-9]+\n");
        grammar.Takes("[]", "[[1,22],[[]],3]", new string('[', 2000) + new string(']', 2000));
        grammar.Refuses("[", "[1,]", "[1]]");
    }

    [Fact]
    public void RulesThatMayBeEmptyInARepetition()
    {
        Grammar grammar = Formats.Gbnf("root ::= (ws item){2,3} ws\nws ::= \" \"*\nitem ::= \"x\" | ws\n");
        grammar.Takes("", "x", "x x", "xxx", "   x");
        grammar.Refuses("xxxx", "y");
    }

    [Fact]
    public void TokensByIdAndText()
    {
        TokenVocabulary vocabulary = Formats.SmallVocabulary();
        int think = 256, end = 257;
        GrammarConstraint constraint = Formats.Gbnf("root ::= <think> !<think>* <[256]> \"ok\"", vocabulary).NewConstraint();
        Assert.True(constraint.Allows(think));
        Assert.False(constraint.Allows('a'));
        constraint.Accept(think);
        Assert.True(constraint.Allows('a'));
        Assert.True(constraint.Allows(0xFF));
        Assert.False(constraint.Allows(end));
        constraint.Accept('a');
        constraint.Accept(think);
        Assert.False(constraint.Allows('a'));
        constraint.Accept('o');
        constraint.Accept('k');
        Assert.True(constraint.MayEnd);
        Assert.True(constraint.IsComplete);
        Assert.True(constraint.Allows(end));
    }

    [Theory]
    [InlineData("", "no rule 'root'")]
    [InlineData("other ::= \"a\"", "no rule 'root'")]
    [InlineData("root ::= missing", "'missing' is used but nowhere defined")]
    [InlineData("root ::= \"a", "unexpected end")]
    [InlineData("root ::= [a", "unexpected end")]
    [InlineData("root ::= (\"a\"", "expected ')'")]
    [InlineData("root ::= \"a\")", "end of the line")]
    [InlineData("root ::= *", "before '*'")]
    [InlineData("root ::= \"a\"{2,1}", "repeats at least")]
    [InlineData("root ::= \"a\"{,2}", "a number")]
    [InlineData("root ::= \"\\q\"", "unknown escape")]
    [InlineData("root ::= \"\\ud800\"", "no character")]
    [InlineData("root = \"a\"", "expected '::='")]
    [InlineData("root ::= root \"a\" | \"b\"", "'root' begins with itself")]
    [InlineData("root ::= a\na ::= b\nb ::= \"\"? a \"x\" | \"y\"", "begins with itself")]
    [InlineData("root ::= \"a\" root", "no text at all")]
    [InlineData("root ::= <think>", "without a vocabulary")]
    public void Mistakes(string text, string message)
    {
        Assert.Contains(message, Formats.Fails(GrammarNotation.Gbnf, text, ErrorCode.InvalidArgument).Message);
    }
}
