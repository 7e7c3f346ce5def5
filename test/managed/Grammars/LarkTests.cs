using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Lark's notation, as llguidance reads it.</summary>
public class LarkTests
{
    private static Grammar Lark(string text, TokenVocabulary? vocabulary = null) => Formats.Compile(GrammarNotation.Lark, text, vocabulary);

    [Fact]
    public void RulesThatBeginWithThemselves()
    {
        Grammar grammar = Lark("""
            %llguidance {}
            // sums and products
            start: sum
            ?sum: product
                | sum "+" product   -> add
                | sum "-" product
            ?product: atom | product "*" atom
            atom: NUMBER
                | "-" atom
                | "(" sum ")"
            %import common.NUMBER
            %import common.WS_INLINE -> BLANK
            %ignore BLANK
            """);
        grammar.Takes("1", "1+2*3", " ( 1 - 2.5 ) * -4e3 + 7 ", "((((1))))");
        grammar.Refuses("", "1+", "(1", "1\n", "+1");
    }

    [Fact]
    public void CirclesOfRules()
    {
        Grammar grammar = Lark("start: a\na: b \"x\" | \"1\"\nb: a \"y\" | c\nc: b \"z\" | a | \"2\"\n");
        grammar.Takes("1", "1yx", "2x", "2zx", "1zzx", "1x", "1yzxyx");
        grammar.Refuses("2", "1y", "x", "1z");
    }

    [Fact]
    public void CirclesBehindRulesThatMayBeEmpty()
    {
        Grammar grammar = Lark("start: e\ne: n e \"+\" | \"1\"\nn: \"-\"*\n");
        grammar.Takes("1", "1+", "-1+", "--1++", "1+++");
        grammar.Refuses("-1", "+", "-");
    }

    [Fact]
    public void RulesThatEndAsSoonAsTheyMay()
    {
        Grammar calls = Lark("""
            start: ( f_foo | f_bar )* f_end
            f_end: TEXT & ~(TEXT "<function" TEXT)
            TEXT: /(.|\n)*/
            f_foo_hd[lazy]: TEXT "<function"
            f_foo: f_foo_hd "=foo>" %json {"type":"object","additionalProperties":false} "</function>"
            f_bar_hd[capture="x, y", lazy]: TEXT "<function"
            f_bar: f_bar_hd "=bar>" /[0-9]+/ "</function>"
            """);
        calls.Takes("", "some <b>text</b>", "say <function=bar>12</function> and <function=foo>{}</function>!");
        calls.Refuses("a <function=baz>", "<function=bar>x</function>", "<function=bar>1</function><function>");
        Grammar suffix = Lark("start: quoted tail\nquoted[suffix=\"--\"]: /[^\\n]*/\ntail: \"-\"* \"x\"\n");
        suffix.Takes("abc--x", "abc---x", "--x");
        suffix.Refuses("abc-x", "abc--y--x");
        Assert.Contains("can't use the rule", Formats.Fails(GrammarNotation.Lark, "start[lazy]: a\na: \"b\"", ErrorCode.InvalidArgument).Message);
    }

    /// <summary>A terminal is the same wherever it is used first: within parentheses, as a part of a template, or before other lines.</summary>
    [Theory]
    [InlineData("start: B\nA: \"z\"\nB: (A \"x\")\nC: \"q\"\n")]
    [InlineData("start: B\nA: \"z\"\nB: [A] \"x\"\nc: C\nC: \"q\"\n")]
    [InlineData("start: f{A, (B)}\nA: \"z\" \nf{B, y}: B y\nB: \"x\" ({B})?\n")]
    [InlineData("start: f{A}\nf{x}: x X\nA: \"z\"\nX: \"x\"\n")]
    [InlineData("start: f{\"z\"}\nf{Y}: Y X\nX: \"x\" Y~0..1\nY: \"y\"\n")]
    public void TerminalsThatAreUsedWithinOthers(string text)
    {
        Grammar grammar = Lark(text.Replace(" ({B})?", "", StringComparison.Ordinal));
        grammar.Takes("zx");
        grammar.Refuses("z", "zxz", "zxq", "xz");
    }

    [Fact]
    public void TemplatesOfRules()
    {
        Grammar grammar = Lark("""
            start: _list{NUMBER, ","} ";" _list{pair{"a", "b"}, "/"}
            _list{item, sep}: item (sep item)*
            pair{x, y}: x y | "(" pair{x, y} ")"
            %import common (NUMBER, WS_INLINE)
            %ignore WS_INLINE
            """);
        grammar.Takes("1, 2,3; ab", "7;ab/((ab))/ab");
        grammar.Refuses("1;2", "1,;ab", "1;ab/", "1;ba", "1;(ab");
        Formats.Fails(GrammarNotation.Lark, "start: f{\"a\"}\nf{x, y}: x y", ErrorCode.InvalidArgument);
        Formats.Fails(GrammarNotation.Lark, "start: f{\"a\"}\nf{x}: f{x x} | x", ErrorCode.Limit);
    }

    [Theory]
    [InlineData("%regex {\"substring_chunks\": [\"abc\", \"de\", \"fg\"]}", "|abc|de|abcde|defg|abcdefg", "ab|cde|abcfg")]
    [InlineData("\"<\" %regex {\"substring_words\": \"foo bar. baz\"} \">\"", "<>|<foo bar>|<bar. baz>|<.>", "<fo>|<foobar>")]
    [InlineData("%regex {\"substring_chars\": \"ab c\"}", "a|b c|ab c", "ac|abc")]
    [InlineData("\"ab\"i", "ab|AB|aB", "a")]
    [InlineData("\"a\"..\"f\"", "a|f", "g|ab")]
    [InlineData("\"a\" ~ 2..3", "aa|aaa", "a|aaaa")]
    [InlineData("\"a\"{,2}", "|a|aa", "aaa")]
    [InlineData("(\"a\" | \"b\")+ [\"c\"]", "ab|bac", "c|acc")]
    [InlineData("/[a-c]+\\/x/i", "a/x|BC/X", "d/x")]
    [InlineData("/a.b/s", "a\nb|axb", "ab")]
    [InlineData("NAME\nNAME: /[a-z]+/ & ~KEYWORD\nKEYWORD: \"if\" | \"then\"", "iff|x|the", "if|then|X")]
    [InlineData("\"v\" %json {\"type\":\"array\",\"items\":{\"enum\":[1,2]}} \"!\"", "v[1,2]!|v[]!", "v[3]!|v[1]")]
    public void Bodies(string body, string taken, string refused)
    {
        Grammar grammar = Lark("start: " + body);
        grammar.Takes(taken.Split('|'));
        grammar.Refuses(refused.Split('|'));
    }

    [Fact]
    public void Tokens()
    {
        TokenVocabulary vocabulary = Formats.SmallVocabulary();
        GrammarConstraint constraint = Lark("start: <think> /a+/ <[256]>", vocabulary).NewConstraint();
        Assert.Equal(3, constraint.TokensToEnd);
        Assert.False(constraint.Allows('a'));
        constraint.Accept(256);
        constraint.Accept('a');
        Assert.True(constraint.Allows('a'));
        constraint.Accept(256);
        Assert.True(constraint.IsComplete);
    }

    [Theory]
    [InlineData("", ErrorCode.InvalidArgument, "no rule 'start'")]
    [InlineData("start: missing", ErrorCode.InvalidArgument, "'missing' is used but nowhere defined")]
    [InlineData("start: MISSING", ErrorCode.InvalidArgument, "'MISSING' is used but nowhere defined")]
    [InlineData("start: \"a\nb: \"c\"", ErrorCode.InvalidArgument, "does not end on its line")]
    [InlineData("start: (\"a\"", ErrorCode.InvalidArgument, "expected ')'")]
    [InlineData("start: \"a\" }", ErrorCode.InvalidArgument, "expected a rule")]
    [InlineData("start: A\nA: B\nB: A", ErrorCode.InvalidArgument, "made of itself")]
    [InlineData("start: A\nA: b\nb: \"x\"", ErrorCode.InvalidArgument, "can't use the rule 'b'")]
    [InlineData("start: \"a\"\nstart: \"b\"", ErrorCode.InvalidArgument, "defined twice")]
    [InlineData("start: start \"a\"", ErrorCode.InvalidArgument, "no text at all")]
    [InlineData("%import common.NOTHING\nstart: \"a\"", ErrorCode.InvalidArgument, "no common.NOTHING")]
    [InlineData("%declare A\nstart: A", ErrorCode.Unsupported, "this directive")]
    [InlineData("start[max_tokens=3]: /a+/", ErrorCode.Unsupported, "'max_tokens'")]
    [InlineData("start: %json {\"type\":\"x\"}", ErrorCode.InvalidArgument, "#/type")]
    public void Mistakes(string text, ErrorCode code, string message)
    {
        Assert.Contains(message, Formats.Fails(GrammarNotation.Lark, text, code).Message);
    }
}
