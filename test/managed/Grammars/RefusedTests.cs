using System.Text;
using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Formats with one mistake, or beyond one limit: each is refused by what it is.</summary>
public class RefusedTests
{
    [Theory]
    [InlineData("a ::= \"x\"", "there is no rule 'root', which the whole text must be")]
    [InlineData("root ::= root \"a\" | \"b\"", "rule 'root' begins with itself (left recursion)")]
    [InlineData("root ::= \"a\" )", "expected the end of the line")]
    [InlineData("root ::= *", "expected something before '*'")]
    [InlineData("root ::= \"a\"{3,2}", "{3,2} repeats at least more often than at most")]
    [InlineData("root ::= \"\\u12\"", "expected 4 hexadecimal digits of a code point")]
    [InlineData("root ::= \"\\U0011000g\"", "expected 8 hexadecimal digits of a code point")]
    [InlineData("root ::= \"\\U00110000\"", "U+110000 is no character")]
    [InlineData("root ::= a\na ::= \"x\" a", "the format allows no text at all")]
    [InlineData("root ::= \"a\"{270000}", "the shortest text of the format has 270000 bytes or more; at most 262144 are held")]
    public void Gbnf(string text, string message) => Refuses(GrammarNotation.Gbnf, text, message);

    [Theory]
    [InlineData("start: (a & b)\na: \"x\"\nb: \"y\"", "& joins terminals only, not rules")]
    [InlineData("start: ~a\na: \"x\"", "~ denies terminals only, not rules")]
    [InlineData("start: A\nA: %json {\"type\":\"null\"}", "%json stands in rules only")]
    [InlineData("start: !", "expected a rule, a terminal, a text or a pattern")]
    [InlineData("start: \"a\n\"", "a text does not end on its line")]
    [InlineData("start: /a\n", "a pattern does not end on its line")]
    [InlineData("start: /a", "a pattern does not end on its line")]
    [InlineData("start: /a/x", "the flags 'x' of a pattern")]
    [InlineData("start: A\nA: <[5]>", "tokens stand in rules only")]
    [InlineData("start: <[^1-2,*]>", "any token but several")]
    [InlineData("start[wrong]: \"a\"", "the attribute 'wrong'")]
    [InlineData("start[capture\n]: \"a\"", "attributes do not end on their line")]
    [InlineData("start: A{\"a\"}\nA{x}: x", "a template of terminals")]
    [InlineData("start: \"a\"\nstart: \"b\"", "'start' is defined twice")]
    [InlineData("start: f{\"a\"}\nf{x}: x\nf{x}: x x", "'f' is defined twice")]
    [InlineData("start: f{\"a\"}\nf{x, y}: x y", "'f' takes 2 parts, not 1")]
    [InlineData("start: \"a\" )", "expected the end of the line")]
    [InlineData("start: %json {", "expected a JSON value")]
    [InlineData("start: %regex {\"substring_chunks\":[\"a\",1]}", "%regex without substring_chunks, substring_words or substring_chars")]
    [InlineData("start: A\nA: /a/ & /b/", "the format allows no text at all")]
    public void Lark(string text, string message) => Refuses(GrammarNotation.Lark, text, message);

    [Theory]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("a**", "nothing to repeat")]
    [InlineData("^*", "nothing to repeat")]
    [InlineData("\\b+", "nothing to repeat")]
    [InlineData("a{3,2}", "numbers out of order: {3,2}")]
    [InlineData("(?<=a)b", "looking behind")]
    [InlineData("(?<!a)b", "looking behind")]
    [InlineData("(?<1>a)", "expected the name of a group")]
    [InlineData("(?<>a)", "expected the name of a group")]
    [InlineData("(?x:a)", "unknown kind of group")]
    [InlineData("[b-a]", "range out of order in a class")]
    [InlineData("\\u12", "expected 4 hexadecimal digits")]
    [InlineData("\\ud800", "half of a surrogate pair")]
    [InlineData("\\z", "unknown escape")]
    [InlineData("(?:^a){9}", "an anchor, a look ahead or a word boundary is repeated")]
    [InlineData("(?:a|b*|-)*\\bc", "what stands before a word boundary (\\b) is not known in this place")]
    [InlineData("[^\\s\\S]", "the format allows no text at all")]
    public void Regex(string text, string message) => Refuses(GrammarNotation.Regex, text, message);

    [Theory]
    [InlineData("5", "a schema must be an object, true or false")]
    [InlineData("""{"items":5}""", "a schema must be an object, true or false")]
    [InlineData("""{"$ref":5}""", "$ref must be a string")]
    [InlineData("""{"$ref":"http://x/y"}""", "leads out of the schema; put what it means under $defs")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "leads to nothing")]
    [InlineData("""{"type":"array","allOf":[{"contains":{"const":1}},{"contains":{"const":2}}]}""", "two contains that apply to one array can't be held")]
    [InlineData("""{"type":"array","contains":{"const":1},"minContains":100000,"maxContains":200000}""", "contains together with so many items is too much to count")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "uniqueItems is held only where")]
    [InlineData("""{"const":"\ud800"}""", "a text has half of a surrogate pair, which is no character (at byte 17)")]
    [InlineData("""{"const":"x}""", "the schema is not valid JSON (at byte")]
    [InlineData("""{"minimum":"1"}""", "minimum must be a number")]
    public void Schemas(string text, string message) => Refuses(GrammarNotation.JsonSchema, text, message);

    [Theory]
    [InlineData("""{"text":5}""", "expected { without }, a list of texts that are not empty")]
    [InlineData("""{"text":{"without":[""]}}""", "expected { without }, a list of texts that are not empty")]
    [InlineData("""{"text":{"without":[1]}}""", "expected { without }, a list of texts that are not empty")]
    [InlineData("""{"sequence":[]}""", "expected a list with something in it")]
    [InlineData("""{"sequence":5}""", "expected a list with something in it")]
    [InlineData("""{"grammar":{"type":"x","text":"a"}}""", "expected { type, text } with a type that is one of")]
    [InlineData("""{"grammar":{"type":"gbnf","text":5}}""", "expected { type, text } with a type that is one of")]
    [InlineData("""{"shape":1}""", "expected a string, or an object with one of")]
    [InlineData("5", "expected a string, or an object with one of")]
    public void Structures(string text, string message) => Refuses(GrammarNotation.Structure, text, message);

    [Theory]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("""["a",1]""")]
    public void Choices(string text) => Refuses(GrammarNotation.Choice, text, "choice must be an array of strings with something in it");

    /// <summary>Tokens by number or text that are none of the vocabulary, and texts for which it has no tokens.</summary>
    [Theory]
    [InlineData(GrammarNotation.Gbnf, "root ::= <[258]>", "token 258 is not in the vocabulary of 258 tokens")]
    [InlineData(GrammarNotation.Gbnf, "root ::= <none>", "<none> is not a single token of the vocabulary")]
    [InlineData(GrammarNotation.Lark, "start: <[258]>", "token 258 is not in the vocabulary of 258 tokens")]
    [InlineData(GrammarNotation.Lark, "start: <[3-258]>", "token 258 is not in the vocabulary of 258 tokens")]
    public void Tokens(GrammarNotation notation, string text, string message) => Refuses(notation, text, message, Formats.SmallVocabulary());

    [Fact]
    public void Texts_that_the_vocabulary_has_no_tokens_for() => Refuses(GrammarNotation.Regex, "ab",
        "the vocabulary has no tokens for the shortest text of the format", new TokenVocabulary(["a"u8.ToArray()], [true], []));

    /// <summary>A text of JavaScript may have half of a character; one of UTF-8 has none.</summary>
    [Fact]
    public void Half_a_character() => Assert.Contains("half of a surrogate pair",
        Assert.Throws<RealmException>(() => new Realm.Grammars.Texts.GrammarReader("\ud800", "pattern").TakePoint()).Message);

    [Fact]
    public void Expressions_that_call_rules_where_they_must_not()
    {
        ExpressionStore store = new(new CompileBudget());
        int call = store.Call(0), a = store.Literal("a"u8);
        Assert.Equal(ErrorCode.Internal, Assert.Throws<RealmException>(() => store.Not(call)).Code);
        Assert.Equal(ErrorCode.Internal, Assert.Throws<RealmException>(() => store.Both(a, call)).Code);
    }

    [Fact]
    public void More_states_than_there_may_be()
    {
        ExpressionStore store = new(new CompileBudget());
        StateTable table = new(store, rule => rule, most: 3);
        // The first is the one from which nothing leads on.
        int a = table.Start(store.Literal("a"u8));
        table.Start(store.Literal("b"u8));
        Assert.Equal(a, table.Start(store.Literal("a"u8)));
        RealmException e = Assert.Throws<RealmException>(() => table.Start(store.Literal("c"u8)));
        Assert.Equal((ErrorCode.Limit, "the grammar needs more than 3 states; make it simpler"), (e.Code, e.Message));
    }

    /// <summary>As many markers as there may be ways, one more, each with another text behind it.</summary>
    [Fact]
    public void Ways_of_a_text_whose_tokens_leave_no_trace()
    {
        byte[][] bytes = [.. Enumerable.Range(0, GrammarLimits.Threads + 1).Select(i => Encoding.ASCII.GetBytes($"<{i}>")), "a"u8.ToArray()];
        TokenVocabulary vocabulary = new(bytes, [.. bytes.Select(text => text.Length == 1)], []);
        Grammar grammar = Formats.Gbnf("root ::= " + string.Join(" | ", Enumerable.Range(0, GrammarLimits.Threads + 1).Select(i => $"<[{i}]> \"a\"{{{i + 1}}}")), vocabulary);
        Assert.True(new ProducedText(grammar, writesMarkers: true).Test("<7>aaaaaaaa"u8));
        RealmException e = Assert.Throws<RealmException>(() => new ProducedText(grammar, writesMarkers: false).Test("aaaaaaaa"u8));
        Assert.Equal((ErrorCode.Limit, "the text can be read in more than 2048 ways at once; make the grammar less ambiguous"), (e.Code, e.Message));
    }

    public static TheoryData<GrammarNotation, string, string> Large
    {
        get
        {
            string Names(int count, Func<int, string> each) => string.Join(',', Enumerable.Range(0, count).Select(each));
            string Rules(int count, Func<int, string> each) => string.Concat(Enumerable.Range(0, count).Select(i => each(i) + "\n"));
            string Nested(string open, string middle, string close, int depth) =>
                new StringBuilder().Insert(0, open, depth).Append(middle).Insert(open.Length * depth + middle.Length, close, depth).ToString();
            return new()
            {
                { GrammarNotation.Gbnf, "root ::= " + Nested("(", "\"a\"", ")", 257), "nested deeper than 256" },
                { GrammarNotation.Lark, "start: " + Nested("(", "\"a\"", ")", 257), "nested deeper than 256" },
                { GrammarNotation.Lark, "start: " + new string('~', 100_000) + "A\nA: \"a\"", "nested deeper than 256" },
                { GrammarNotation.Regex, Nested("(", "a", ")", 257), "nested deeper than 256" },
                { GrammarNotation.JsonSchema, Nested("{\"not\":", "{}", "}", 257), "the schema is nested deeper than 256" },
                { GrammarNotation.Gbnf, "root ::= \"a\"\n" + Rules(131073, i => $"r{i} ::= \"y\""), "the grammar has more than 131072 rules" },
                { GrammarNotation.Lark, "start: r0\n" + Rules(70, i => $"r{i}: r{(i + 1) % 70} \"x\" | \"y\""), "70 rules begin with one another in a circle; at most 64 may" },
                { GrammarNotation.Lark, "start: %regex {\"substring_chunks\":[" + Names(4097, i => $"\"c{i} \"") + "]}", "%regex has more than 4096 pieces" },
                {
                    GrammarNotation.JsonSchema,
                    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" + Names(3000, i => $"\"p{i}\":{{}}") + "},\"minProperties\":2500}",
                    "too many properties to be counted"
                },
                {
                    GrammarNotation.JsonSchema, "{\"type\":\"object\",\"patternProperties\":{" + Names(11, i => $"\"^{(char)('a' + i)}\":{{\"type\":\"integer\"}}") + "}}",
                    "more than 10 patternProperties apply to one object"
                },
                {
                    GrammarNotation.JsonSchema,
                    "{\"allOf\":[" + Names(30, i => $"{{\"anyOf\":[{{\"required\":[\"a{i}\"]}},{{\"required\":[\"b{i}\"]}}]}}") + "]}",
                    "anyOf, oneOf, not and if make more than 2048 combinations"
                },
                {
                    GrammarNotation.Gbnf, "root ::= " + Names(2049, i => $"a \"{i}\"").Replace(",", " | ", StringComparison.Ordinal) + "\na ::= \"x\" | \"y\" a",
                    "the text can be read in more than 2048 ways at once"
                },
                {
                    // Of which all are the same way once they are entered.
                    GrammarNotation.Gbnf, "root ::= " + Names(8193, i => $"r{i}").Replace(",", " | ", StringComparison.Ordinal) + "\n" + Rules(8193, i => $"r{i} ::= \"{i}\" r{i}?"),
                    "the text can be read in more than 2048 ways at once"
                },
                { GrammarNotation.Structure, "{\"text\":{\"without\":[\"" + new string('a', 16385) + "\"]}}", "bytes; at most 16384 are held" },
                { GrammarNotation.JsonSchema, new string(' ', (4 << 20) + 1), "the format has 4194305 bytes; at most 4194304 are read" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Large), DisableDiscoveryEnumeration = true)]
    public void Limits(GrammarNotation notation, string text, string message) => Refuses(notation, text, message);

    private static void Refuses(GrammarNotation notation, string text, string message, TokenVocabulary? vocabulary = null)
    {
        RealmException e = Assert.ThrowsAny<RealmException>(() => Formats.Compile(notation, text, vocabulary));
        Assert.Contains(message, e.Message);
        Assert.True(e.Code is ErrorCode.InvalidArgument or ErrorCode.Unsupported or ErrorCode.Limit, e.Code.ToString());
    }
}
