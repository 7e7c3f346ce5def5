using System.Diagnostics;
using System.Text;
using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Formats made to cost: each ends, in a grammar or in an error that says why, and none ends the process.</summary>
public class HostileTests
{
    public static TheoryData<GrammarNotation, string> Cases
    {
        get
        {
            var cases = new TheoryData<GrammarNotation, string>();
            foreach ((GrammarNotation notation, string text) in All())
            {
                cases.Add(notation, text);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Ends(GrammarNotation notation, string text)
    {
        var clock = Stopwatch.StartNew();
        RealmException? error = null;
        try
        {
            Grammar grammar = Formats.Compile(notation, text, Formats.SmallVocabulary("aaaa", "[[[[", "{\"a\":"));
            Constraint constraint = grammar.NewConstraint();
            var allowed = new ulong[grammar.Vocabulary.MaskWords];
            for (int i = 0; i < 50 && !constraint.IsComplete; i++)
            {
                constraint.Mask(allowed);
                int token = Array.FindIndex(Enumerable.Range(0, grammar.Vocabulary.Count - 1).ToArray(), id => (allowed[id >> 6] >> (id & 63) & 1) != 0);
                if (token < 0)
                {
                    break;
                }
                constraint.Accept(token);
            }
        }
        catch (RealmException e)
        {
            error = e;
        }
        Assert.True(error == null || error.Code is ErrorCode.InvalidArgument or ErrorCode.Limit or ErrorCode.Unsupported, error?.Message);
        // No bound of speed: one against hanging, many times what compiling may take.
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), $"{clock.Elapsed}");
    }

    [Fact]
    public void Cancelled()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        byte[] text = Encoding.UTF8.GetBytes("{\"enum\":[" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"{i}\"")) + "]}");
        RealmException e = Assert.ThrowsAny<RealmException>(() => GrammarFormat.Compile(GrammarNotation.JsonSchema, text, null, cancel: cancel.Token));
        Assert.Equal(ErrorCode.Cancelled, e.Code);
    }

    [Fact]
    public void TooLong()
    {
        Assert.Contains("4194304", Formats.Fails(GrammarNotation.Gbnf, new string(' ', (4 << 20) + 1), ErrorCode.Limit).Message);
    }

    private static IEnumerable<(GrammarNotation, string)> All()
    {
        string Times(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();
        yield return (GrammarNotation.JsonSchema, Times("{\"not\":", 10_000) + "{}" + Times("}", 10_000));
        yield return (GrammarNotation.JsonSchema, Times("{\"items\":", 200) + "{}" + Times("}", 200));
        yield return (GrammarNotation.JsonSchema, Times("[", 100_000));
        yield return (GrammarNotation.JsonSchema, """{"$ref":"#"}""");
        yield return (GrammarNotation.JsonSchema, """{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}""");
        yield return (GrammarNotation.JsonSchema, """{"allOf":[{"$ref":"#"}],"properties":{"a":{"$ref":"#"}}}""");
        yield return (GrammarNotation.JsonSchema, """{"not":{"$ref":"#"}}""");
        yield return (GrammarNotation.JsonSchema, """{"oneOf":[{"$ref":"#"},{"type":"null"}]}""");
        yield return (GrammarNotation.JsonSchema, """{"enum":[1],"properties":{},"allOf":[{"$ref":"#"}]}""");
        yield return (GrammarNotation.JsonSchema, "{\"enum\":[" + string.Join(',', Enumerable.Range(0, 200_000).Select(i => $"\"value {i}\"")) + "]}");
        yield return (GrammarNotation.JsonSchema, "{\"properties\":{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"p{i}\":{{\"type\":\"integer\"}}")) + "}}");
        yield return (GrammarNotation.JsonSchema, "{\"minProperties\":4000,\"properties\":{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"p{i}\":{{\"type\":\"integer\"}}")) + "}}");
        yield return (GrammarNotation.JsonSchema, "{\"allOf\":[" + string.Join(',', Enumerable.Range(0, 30).Select(i => $"{{\"anyOf\":[{{\"required\":[\"a{i}\"]}},{{\"required\":[\"b{i}\"]}}]}}")) + "]}");
        yield return (GrammarNotation.JsonSchema, "{\"oneOf\":[" + string.Join(',', Enumerable.Range(0, 60).Select(i => $"{{\"properties\":{{\"a{i}\":{{\"type\":\"string\"}},\"b\":{{\"type\":\"integer\"}}}}}}")) + "]}");
        yield return (GrammarNotation.JsonSchema, "{\"type\":\"object\",\"patternProperties\":{" + string.Join(',', Enumerable.Range(0, 10).Select(i => $"\"a.*{i}\":{{}}")) + "}}");
        yield return (GrammarNotation.JsonSchema, "{\"dependentRequired\":{" + string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"a{i}\":[\"b{i}\"]")) + "}}");
        yield return (GrammarNotation.JsonSchema, """{"type":"integer","multipleOf":982451653,"minimum":1,"not":{"multipleOf":7}}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"number","minimum":1e300,"maximum":1e308}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"number","multipleOf":1e-300}""");
        yield return (GrammarNotation.JsonSchema, """{"minimum":1e999999999}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"string","minLength":1000000000}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"array","minItems":1000000,"items":{"const":1}}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"array","contains":{"const":1},"minContains":100000,"maxContains":200000}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"string","pattern":"(a|aa)+$","minLength":500,"maxLength":1000}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"string","pattern":"^(?=.*a)(?=.*b)(?=.*c)(?=.*d)(?=.*e)(?=.*f)(?=.*g)(?=.*h).{20,}$"}""");
        yield return (GrammarNotation.JsonSchema, """{"type":"string","allOf":[{"pattern":"a.{14}$"},{"pattern":"b.{15}$"},{"not":{"pattern":"c.{13}$"}}]}""");
        foreach (string pattern in (string[])["(a+)+$", "(a|a)*b", "((a*)*)*", "(.*)(.*)(.*)(.*)x", "(a{1,1000}){1,1000}", "(?:a?){50}a{50}", "^(([a-z])+.)+[A-Z]([a-z])+$"])
        {
            yield return (GrammarNotation.Regex, pattern);
            yield return (GrammarNotation.JsonSchema, $"{{\"type\":\"string\",\"pattern\":{System.Text.Json.JsonSerializer.Serialize(pattern)}}}");
        }
        yield return (GrammarNotation.Regex, Times("(", 50_000) + "a" + Times(")", 50_000));
        yield return (GrammarNotation.Regex, Times("(?=a", 200) + Times(")", 200));
        yield return (GrammarNotation.Regex, Times("a|", 100_000));
        yield return (GrammarNotation.Regex, Times("a?", 20_000));
        yield return (GrammarNotation.Gbnf, "root ::= " + Times("(", 50_000) + "\"a\"" + Times(")", 50_000));
        yield return (GrammarNotation.Gbnf, "root ::= r0\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"r{i} ::= \"a\" r{i + 1}\n")) + "r20000 ::= \"b\"\n");
        yield return (GrammarNotation.Gbnf, "root ::= r0\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"r{i} ::= r{i + 1}\n")) + "r20000 ::= \"b\"\n");
        yield return (GrammarNotation.Gbnf, "root ::= r0\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"r{i} ::= r{i + 1} r{i + 1}\n")) + "r40 ::= \"a\"\n");
        yield return (GrammarNotation.Gbnf, "root ::= \"a\" root root | \"a\"");
        yield return (GrammarNotation.Gbnf, "root ::= (\"a\"{1,1000}){1,1000}");
        yield return (GrammarNotation.Gbnf, "root ::= ((((\"\"*)*)*)*)* e*\ne ::= e2* | \"\"\ne2 ::= \"\"");
        yield return (GrammarNotation.Lark, "start: " + Times("(", 20_000) + "\"a\"" + Times(")", 20_000));
        yield return (GrammarNotation.Lark, "start: a\na: a a a | a a | \"x\" |\n");
        yield return (GrammarNotation.Lark, "start: r0\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"r{i}: r{(i + 1) % 200} r{(i + 7) % 200} \"x\" | \"y\"\n")));
        yield return (GrammarNotation.Lark, "start: A0\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"A{i}: A{i + 1} \"x\"\n")) + "A5000: \"y\"\n");
        yield return (GrammarNotation.Lark, "start: A\nA: /a.*b.{12}/ & ~/.*c.{11}d.*/ & ~/.*e.{13}/\n");
        yield return (GrammarNotation.Gbnf, "root ::= \"a\"? " + Times("\"a\"? ", 3000));
    }
}
