using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Masks against the same question asked token by token, and texts that end in time.</summary>
public class MaskTests
{
    private static readonly string[] Words =
    [
        "\":", "\",\"", "{\"", "\"}", "\"},{\"", "[[", "]]", "true", "false", "null", "ab", "abc", "the", " the", "\\n", "\\u00", "12", "123", "é", "éa",
        "a\"", "ab\"}", "name", "\"name\":", "aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaa\"", ".5", "e+", "-1", "0.", ", ", "xyz", "\xe2\x98",
    ];

    public static TheoryData<GrammarNotation, string> Cases => new()
    {
        { GrammarNotation.Json, "" },
        { GrammarNotation.JsonSchema, """{"type":"object","properties":{"name":{"type":"string","maxLength":30},"abc":{"type":"array","items":{"type":"integer","minimum":-3,"maximum":123},"minItems":1}},"required":["abc"]}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^(\\S+\\s+){0,9}\\S+$","maxLength":40}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"ab.*c\\d","minLength":20}""" },
        { GrammarNotation.JsonSchema, """{"type":"array","items":{"type":"string","minLength":18,"maxLength":100000},"maxItems":20}""" },
        { GrammarNotation.JsonSchema, """{"$defs":{"n":{"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"enum":["the","them",12.5,null]}},"required":["b"],"additionalProperties":false}},"$ref":"#/$defs/n"}""" },
        { GrammarNotation.JsonSchema, """{"type":"array","items":{"type":"string","format":"date-time"},"minItems":2}""" },
        { GrammarNotation.Gbnf, "root ::= \"[\" (root (\",\" root)*)? \"]\" | [0-9]+ | \"the\" ws \"xyz\"?\nws ::= \" \"*" },
        { GrammarNotation.Gbnf, "root ::= (a | a a)* \"xyz\"\na ::= \"ab\" | \"abc\" | \"c\" | <think>" },
        { GrammarNotation.Regex, "(the|abc|é){1,40}(\\d+\\.\\d{2})?" },
        { GrammarNotation.Choice, """["the","the abc","null","é"]""" },
        { GrammarNotation.Structure, """{"sequence":[{"text":{"without":["the","éa"]}},{"repeat":{"sequence":["the abc",{"json":{"type":"integer"}}]},"min":1}]}""" },
        { GrammarNotation.Structure, """{"sequence":[{"text":{"without":["<think>"]},"maxTokens":3},"<think>",{"json":{"type":"array"}},{"text":{"without":["abc"]}}]}""" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SameAsTokenByToken(GrammarNotation notation, string text)
    {
        TokenVocabulary vocabulary = Formats.SmallVocabulary(Words);
        Grammar grammar = Formats.Compile(notation, text, vocabulary);
        Assert.InRange(grammar.MinTokens, 1, 200);
        for (int seed = 0; seed < 12; seed++)
        {
            Walk(grammar, new Random(seed), seed % 3 == 0 ? grammar.MinTokens : grammar.MinTokens + seed * 4);
        }
    }

    /// <summary>Tokens of a text: at each place the longest.</summary>
    private static Func<byte[], int[]> Longest(TokenVocabulary vocabulary) => bytes =>
    {
        var tokens = new List<int>();
        for (int at = 0; at < bytes.Length; at += vocabulary.BytesOf(tokens[^1]).Length)
        {
            tokens.Add(vocabulary.All.LongestAt(bytes.AsSpan(at)));
        }
        return [.. tokens];
    };

    private static string Forced(Constraint constraint, TokenVocabulary vocabulary, int left = Constraint.NoLimit)
    {
        var tokens = new List<int>();
        constraint.Forced(tokens, Longest(vocabulary), left);
        return string.Join('|', tokens.ConvertAll(token => System.Text.Encoding.UTF8.GetString(vocabulary.BytesOf(token))));
    }

    [Fact]
    public void ForcedTokens()
    {
        const string Circle = """{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"integer"}},"required":["kind","radius"],"additionalProperties":false}""";
        TokenVocabulary vocabulary = Formats.SmallVocabulary("{\"", "kind", "\":\"", "circle", "\",\"", "radius");
        GrammarConstraint constraint = Formats.Schema(Circle, vocabulary).NewConstraint();
        Assert.Equal("{\"|kind|\":\"|circle|\",\"|radius|\"|:", Forced(constraint, vocabulary));
        constraint.Accept(vocabulary.All.LongestAt("{\""u8));
        Assert.StartsWith("kind|", Forced(constraint, vocabulary), StringComparison.Ordinal);

        // Where the colon may be one token with a digit, the model chooses; where so few tokens are left, it is not what a text must.
        vocabulary = Formats.SmallVocabulary("{\"", "kind", "\":\"", "circle", "\",\"", "radius", ":1", "\":", "{\"kind\":\"circle\",\"radius\":0}");
        Grammar grammar = Formats.Schema(Circle, vocabulary);
        Assert.Equal("{\"|kind|\":\"|circle|\",\"|radius|\":", Forced(Formats.Schema(Circle, Formats.SmallVocabulary("{\"", "kind", "\":\"", "circle", "\",\"", "radius", "\":")).NewConstraint(),
            Formats.SmallVocabulary("{\"", "kind", "\":\"", "circle", "\",\"", "radius", "\":")));
        Assert.Equal(1, grammar.MinTokens);
        Assert.Equal("", Forced(grammar.NewConstraint(), vocabulary, 1));
    }

    [Fact]
    public void ForcedTokensByTheirIds()
    {
        TokenVocabulary vocabulary = Formats.SmallVocabulary("ab");
        Grammar grammar = Formats.Gbnf("root ::= \"ab\" <think> \"abc\" [0-9]", vocabulary);
        Assert.Equal("ab|<think>|ab|c", Forced(grammar.NewConstraint(), vocabulary));
        Assert.Equal("", Forced(Formats.Gbnf("root ::= \"a\"?", vocabulary).NewConstraint(), vocabulary));
        Assert.Equal("a|b", Forced(Formats.Compile(GrammarNotation.Choice, "[\"ab\"]", Formats.SmallVocabulary()).NewConstraint(), Formats.SmallVocabulary()));
    }

    [Fact]
    public void ForksAreIndependent()
    {
        GrammarConstraint constraint = Formats.Regex("ab|cd", Formats.SmallVocabulary()).NewConstraint();
        constraint.Accept('a');
        Constraint fork = constraint.Fork();
        fork.Accept('b');
        Assert.True(fork.IsComplete);
        Assert.False(constraint.MayEnd);
        RealmException e = Assert.ThrowsAny<RealmException>(() => constraint.Accept('d'));
        Assert.Equal(ErrorCode.InvalidArgument, e.Code);
        constraint.Accept('b');
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void LeastTokens()
    {
        TokenVocabulary vocabulary = Formats.SmallVocabulary("{\"", "name", "\":\"", "\"}");
        Grammar grammar = Formats.Schema("""{"type":"object","properties":{"name":{"type":"string","minLength":4}},"required":["name"]}""", vocabulary);
        // {" name ":" and four characters and "}, of which the four are bytes of their own.
        Assert.Equal(8, grammar.MinTokens);
    }

    private static void Walk(Grammar grammar, Random random, int most)
    {
        TokenVocabulary vocabulary = grammar.Vocabulary;
        var allowed = new ulong[vocabulary.MaskWords];
        Constraint constraint = grammar.NewConstraint();
        for (int used = 0; used < most && !constraint.IsComplete; used++)
        {
            int left = random.Next(4) == 0 ? most - used : Math.Max(most - used, constraint.TokensToEnd);
            constraint.Mask(allowed, left);
            var tokens = new List<int>();
            for (int id = 0; id < vocabulary.Count; id++)
            {
                bool isAllowed = (allowed[id >> 6] >> (id & 63) & 1) != 0;
                Assert.True(isAllowed == constraint.Allows(id, left), $"token {id} after {used}, {left} left: the mask says {isAllowed}");
                if (isAllowed)
                {
                    tokens.Add(id);
                }
            }
            constraint.Mask(allowed, most - used);
            tokens.RemoveAll(id => (allowed[id >> 6] >> (id & 63) & 1) == 0);
            Assert.NotEmpty(tokens);
            int token = tokens[random.Next(tokens.Count)];
            if (token == vocabulary.Count - 1)
            {
                break;
            }
            constraint.Accept(token);
        }
        Assert.True(constraint.MayEnd);
    }
}
