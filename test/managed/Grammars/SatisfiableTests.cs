using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Schemas that have values, though not at first sight, and such as are too large to be looked through.</summary>
public class SatisfiableTests
{
    [Theory]
    [InlineData("""{"type":"object","patternProperties":{"_id$":{"type":"integer"}},"additionalProperties":false,"minProperties":2}""",
        """{"foo_id":1,"bar_id":2}""", """{"foo_id":1}""", """{"foo_id":1,"foo_id":2}""")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[a-c]x$"},"minProperties":3}""",
        """{"ax":1,"bx":2,"cx":3}""", """{"ax":1,"bx":2}""", """{"ax":1,"bx":2,"bx":2}""")]
    [InlineData("""{"type":"object","propertyNames":{"allOf":[{"enum":["a1","b1","c"]},{"pattern":"1$"}]},"minProperties":2}""",
        """{"a1":1,"b1":2}""", """{"a1":1}""", """{"a1":1,"c":2}""")]
    [InlineData("""{"type":"object","propertyNames":{"anyOf":[{"const":"ax"},{"const":"bx"}]},"minProperties":2}""",
        """{"ax":1,"bx":2}""", """{"ax":1}""", """{"ax":1,"ax":2}""")]
    [InlineData("""{"type":"object","properties":{"ax":true},"patternProperties":{"^[ab]x$":{"type":"null"}},"additionalProperties":false,"minProperties":2}""",
        """{"ax":null,"bx":null}""", """{"bx":null}""", """{"bx":null,"bx":null}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"null"},"minProperties":2}""",
        """{"one_name":null,"two_name":null}""", """{"a":null}""", "{\"\\u001b\":null,\"\\u001B\":null}")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[0-9]{2}x$"},"minProperties":2}""",
        """{"10x":1,"12x":2,"10x":3}""", """{"10x":1}""", """{"12x":1,"12x":1,"12x":1}""")]
    [InlineData("""{"type":"object","propertyNames":{"const":"a"}}""", """{"a":1}""", """{"b":1}""", """{"a":1,"a":2}""")]
    public void NamesThatDiffer(string schema, string taken, string tooFew, string twice)
    {
        Grammar grammar = Formats.Schema(schema, Formats.SmallVocabulary());
        grammar.Takes(taken);
        grammar.Refuses(tooFew, twice);
    }

    [Theory]
    [InlineData("""{"type":"object","propertyNames":{"enum":["a","b"]},"minProperties":3}""")]
    [InlineData("""{"type":"object","patternProperties":{"^[ab]x$":{}},"additionalProperties":false,"minProperties":3}""")]
    public void TooFewNamesHaveNoValue(string schema)
    {
        Assert.Contains("no value meets", Formats.Fails(GrammarNotation.JsonSchema, schema, ErrorCode.InvalidArgument).Message);
    }

    [Fact]
    public void NamesThatCantBeToldApartAreSaid()
    {
        // Each is thirteen bytes of one kind more than the one before.
        const string Schema = """{"type":"object","propertyNames":{"pattern":"^(a{156})*$"},"minProperties":3}""";
        string message = Formats.Fails(GrammarNotation.JsonSchema, Schema, ErrorCode.Unsupported).Message;
        Assert.StartsWith("schema #/minProperties: ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"integer","multipleOf":123456789}""", "-246913578", "246913579")]
    [InlineData("""{"type":"integer","multipleOf":123456789,"minimum":1,"maximum":1000000000000}""", "655432092801", "0")]
    [InlineData("""{"type":"integer","multipleOf":1000000000000000,"minimum":1}""", "6000000000000000", "6000000000000001")]
    [InlineData("""{"multipleOf":0.000001,"minimum":0,"maximum":1000000000,"type":"number"}""", "12.345678", "12.3456789")]
    [InlineData("""{"multipleOf":9973,"minimum":12345,"maximum":1000000000000000,"type":"integer"}""", "69811", "9973")]
    [InlineData("""{"type":"number","multipleOf":0.123456789123}""", "-0.246913578246", "0.24691357824")]
    [InlineData("""{"type":"integer","multipleOf":123456789,"not":{"multipleOf":246913578},"minimum":1}""", "123456789", "246913578")]
    public void LargeDivisors(string schema, string taken, string refused)
    {
        Grammar grammar = Formats.Schema(schema, Formats.SmallVocabulary());
        grammar.Takes(taken);
        grammar.Refuses(refused);
    }

    [Fact]
    public void DivisorsThatDoublesDoNotTellAreRefusedAtOnce()
    {
        const string Schema = """{"type":"object","properties":{"n":{"minimum":1,"multipleOf":1234567890123457}}}""";
        string message = Formats.Fails(GrammarNotation.JsonSchema, Schema, ErrorCode.Unsupported).Message;
        Assert.StartsWith("schema #/properties/n/multipleOf: multipleOf is held up to 15 digits", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"array","prefixItems":[NEXT,NEXT],"minItems":2}""")]
    [InlineData("""{"type":"object","properties":{"a":NEXT,"b":NEXT},"required":["a","b"]}""")]
    [InlineData("""{"type":"array","items":NEXT,"minItems":2}""")]
    [InlineData("""{"type":"object","additionalProperties":NEXT,"minProperties":2}""")]
    [InlineData("""{"anyOf":[{"title":"x","allOf":[NEXT]},{"minimum":0,"allOf":[NEXT]}]}""")]
    public void WhatDoublesOftenIsTooMuch(string level)
    {
        string message = Formats.Fails(GrammarNotation.JsonSchema, Doubled(level, """{"type":"integer"}""", ""), ErrorCode.Limit).Message;
        Assert.StartsWith("schema #", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allOf", "[NEXT,NEXT]")]
    [InlineData("anyOf", "[NEXT,NEXT]")]
    public void AValueThatIsAskedAboutOftenIsLookedAtOnce(string keyword, string next)
    {
        string level = $"{{\"{keyword}\":{next}}}";
        Formats.Schema(Doubled(level, """{"type":"integer"}""", "\"const\":1,"), Formats.SmallVocabulary()).Takes("1");
        Formats.Fails(GrammarNotation.JsonSchema, Doubled(level, """{"type":"string"}""", "\"const\":1,"), ErrorCode.InvalidArgument);
        string sealedObject = Doubled(level, """{"properties":{"a":true}}""", "\"const\":{\"a\":1,\"b\":2},\"unevaluatedProperties\":{\"type\":\"integer\"},");
        Formats.Schema(sealedObject, Formats.SmallVocabulary()).Takes("""{"a":1,"b":2}""");
    }

    [Fact]
    public void AllThatAreMetTogetherCountAsLookedAt()
    {
        IEnumerable<string> parts = Enumerable.Range(0, 7).Select(i => $$$"""{"properties":{"p{{{i}}}":{"type":"null"}},"required":["p{{{i}}}"]}""");
        string schema = $$$"""{"type":"object","unevaluatedProperties":false,"anyOf":[{{{string.Join(',', parts)}}}]}""";
        Grammar grammar = Formats.Schema(schema, Formats.SmallVocabulary());
        grammar.Takes("""{"p0":null}""", """{"p1":null,"p3":null,"p6":null}""",
            "{" + string.Join(',', Enumerable.Range(0, 7).Select(i => $"\"p{i}\":null")) + "}");
        grammar.Refuses("{}", """{"p1":null,"q":null}""");
        Assert.Empty(grammar.Warnings);
    }

    [Fact]
    public void CombinationsThatAreLeftOutAreSaid()
    {
        IEnumerable<string> parts = Enumerable.Range(0, 20).Select(i => $$$"""{"properties":{"p{{{i}}}":{"type":"null"}},"required":["p{{{i}}}"]}""");
        string anyOf = $"\"anyOf\":[{string.Join(',', parts)}]";
        Grammar grammar = Formats.Schema($$$"""{"type":"object","unevaluatedProperties":false,{{{anyOf}}}}""", Formats.SmallVocabulary());
        grammar.Takes("""{"p0":null,"p19":null}""");
        Assert.Contains(grammar.Warnings, warning => warning.StartsWith("schema #/anyOf: ", StringComparison.Ordinal));
        // Elsewhere in the document one of them is enough, and nothing is left out.
        Grammar apart = Formats.Schema($$$$"""{"type":"object","properties":{"x":{"unevaluatedProperties":false},"y":{ {{{{anyOf}}}} }}}""");
        Assert.Empty(apart.Warnings);
    }

    [Theory]
    [InlineData("""{"type":"object","not":{"const":{"a":1,"b":[2]}}}""", """{"a":1,"b":[2]}""",
        "{}", """{"a":1}""", """{"a":1,"b":[2],"c":3}""", """{"b":[],"a":1}""", """{"a":2,"b":[2]}""")]
    [InlineData("""{"type":"array","not":{"enum":[[1,{"a":[]}],[],null]}}""", """[1,{"a":[]}]""",
        "[1]", """[1,{"a":[0]}]""", """[1,{}]""", """[1,{"a":[]},2]""", """[2,{"a":[]}]""")]
    [InlineData("""{"type":"array","not":{"prefixItems":[true],"items":false}}""", "[1]", "[1,2]", "[1,2,3]")]
    public void GivenObjectsAndArraysCanBeDenied(string schema, string refused, params string[] taken)
    {
        Grammar grammar = Formats.Schema(schema, Formats.SmallVocabulary());
        grammar.Takes(taken);
        grammar.Refuses(refused);
    }

    [Fact]
    public void ItemsThatDifferInPlacesOfTheirOwn()
    {
        const string Schema = """{"prefixItems":[{"type":"boolean"},{"enum":[1,true]}],"items":{"enum":[1,2]},"uniqueItems":true,"type":"array"}""";
        Grammar grammar = Formats.Schema(Schema, Formats.SmallVocabulary());
        grammar.Takes("[]", "[true]", "[true,1]", "[false,true,1]", "[true,1,2]", "[false,true,2,1]");
        grammar.Refuses("[true,true]", "[1]", "[true,1,1]", "[false,true,false]", "[false,1,2,2]");
    }

    /// <summary>Thirty levels, each of which asks for the next twice.</summary>
    private static string Doubled(string level, string last, string more)
    {
        IEnumerable<string> levels = Enumerable.Range(0, 30).Select(i =>
            $"\"d{i}\":{level.Replace("NEXT", $"{{\"$ref\":\"#/$defs/d{i + 1}\"}}", StringComparison.Ordinal)}");
        return $"{{{more}\"$ref\":\"#/$defs/d0\",\"$defs\":{{{string.Join(',', levels)},\"d30\":{last}}}}}";
    }
}
