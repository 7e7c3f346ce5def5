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

    /// <summary>
    /// Of what the tokens of a vocabulary are made, and of how many tokens one ends within a character: what else goes on there is no UTF-8.
    /// </summary>
    private static readonly (string[] Pieces, int OneOf)[] Vocabularies =
    [
        (["a", "b", "a", "b", "1", " ", "/", "é", "☃", "😀", "ab", "\u00a0", "\"", "\\n", "\n", "<", ">"], 20),
        (["a", "b", "1", "☃"], 20),
        (["☃", "☄"], int.MaxValue),
        (["a", "b", "1"], int.MaxValue),
    ];

    public static TheoryData<GrammarNotation, string> TextCases => new()
    {
        { GrammarNotation.JsonSchema, """{"type":"string"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","maxLength":9}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","minLength":20,"maxLength":31}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","minLength":12,"maxLength":12,"pattern":"[0-9a-f]+"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"1"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^[^]([^]{2})*$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^(a[^]|[^a][^]{2})$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^[^/+#]+/[^/+#]+$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^(.+)/(.+)$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^(?:\\S+\\s+){0,3}\\S+$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^[^é]*$","maxLength":17}""" },
        { GrammarNotation.JsonSchema, """{"type":"string","pattern":"^[☀-⛿a]{3,14}$"}""" },
        { GrammarNotation.JsonSchema, """{"type":"object","additionalProperties":{"type":"string","maxLength":3},"minProperties":1}""" },
        { GrammarNotation.Regex, "[ab ]{1,20}(b|é)*" },
        { GrammarNotation.Regex, "([é☃😀]{2}|ab)*" },
        { GrammarNotation.Regex, ".{5}/?" },
        { GrammarNotation.Regex, "a[ab1\u2000-\u2fff]*" },
        { GrammarNotation.Regex, "a([ab1]{2})*" },
        { GrammarNotation.Regex, "(☃[☃☄]|☄[☃☄]b)*" },
        { GrammarNotation.Regex, "éé\"|[^é\"\\\\]([^]{2})\\\\|é[^é\"\\\\][^]\\\\" },
        { GrammarNotation.Gbnf, "root ::= \"<\" char* \">\" root?\nchar ::= [^<>]" },
        { GrammarNotation.Gbnf, "root ::= word (\" \" word){0,4}\nword ::= [a-bé☃]{1,5}" },
        { GrammarNotation.Gbnf, "root ::= n [ab]{0,9} \"\\\"\"\nn ::= [^\"\\\\\\x00-\\x1f]{2} | \"\\\"\" n \"\\\"\"" },
        { GrammarNotation.Gbnf, "root ::= n [ab1]{4} \")\"\nn ::= [ab1]+ | \"(\" n \")\"" },
    };

    /// <summary>Many tokens that begin alike, of which a walk takes many at once.</summary>
    [Theory]
    [MemberData(nameof(TextCases))]
    public void SameAsTokenByTokenWithManyTokens(GrammarNotation notation, string text)
    {
        byte[][] ending = Array.ConvertAll((string[])["aaaa", "aaab", "aab1", "aba", "ab1", "a1☃", "a1bb"], System.Text.Encoding.UTF8.GetBytes);
        byte[][] whole = [.. ending.Where(word => word[^1] < 0x80)];
        ending[5] = ending[5][..^1];
        foreach (byte[][] texts in Vocabularies.Select(DenseTexts).Append(ending).Append(whole))
        {
            Grammar grammar = Formats.Compile(notation, text, Formats.SmallVocabulary(texts));
            var random = new Random(text.Length);
            for (int prefix = 0; prefix < 12; prefix++)
            {
                Constraint constraint = grammar.NewConstraint();
                for (int length = prefix / 3; length > 0 && !constraint.IsComplete; length--)
                {
                    List<int> tokens = Allowed(constraint, grammar, constraint.TokensToEnd + 20);
                    if (tokens.RemoveAll(token => !grammar.Vocabulary.IsText(token)) >= 0 && tokens.Count > 0)
                    {
                        constraint.Accept(tokens[random.Next(tokens.Count)]);
                    }
                }
                foreach (int more in (int[])[0, 1, 2, 3, 4, 7])
                {
                    Allowed(constraint, grammar, Math.Max(constraint.TokensToEnd, 1) + more);
                }
            }
        }
    }

    /// <summary>The tokens of a mask, which are those that are allowed one by one.</summary>
    private static List<int> Allowed(Constraint constraint, Grammar grammar, int left)
    {
        var allowed = new ulong[grammar.Vocabulary.MaskWords];
        constraint.Mask(allowed, left);
        var tokens = new List<int>();
        for (int id = 0; id < grammar.Vocabulary.Count; id++)
        {
            bool isAllowed = (allowed[id >> 6] >> (id & 63) & 1) != 0;
            if (isAllowed != constraint.Allows(id, left))
            {
                Assert.Fail($"token {id}, {left} left: the mask says {isAllowed}");
            }
            if (isAllowed)
            {
                tokens.Add(id);
            }
        }
        return tokens;
    }

    /// <summary>Texts that go on where others end; some within a character, and some that no UTF-8 is.</summary>
    private static byte[][] DenseTexts((string[] Pieces, int OneOf) of)
    {
        const int Count = 500;
        var random = new Random(7);
        var texts = new List<byte[]> { Array.Empty<byte>() };
        while (texts.Count < Count)
        {
            // Of a few roots, so that there is much below them.
            byte[] before = texts[random.Next(Math.Min(texts.Count, 200))];
            byte[] piece = System.Text.Encoding.UTF8.GetBytes(of.Pieces[random.Next(of.Pieces.Length)]);
            if (random.Next(of.OneOf) == 0)
            {
                piece = piece[..^1];
            }
            if (random.Next(of.OneOf) == 1)
            {
                piece = [(byte)random.Next(0x80, 0x100)];
            }
            texts.Add([.. before, .. piece]);
        }
        texts.RemoveAll(text => text.Length == 0);
        return [.. texts];
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
            List<int> tokens = Allowed(constraint, grammar, left);
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
