using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>JSON Schema: what is beyond the public suites, and what is refused with its place.</summary>
public class SchemaTests
{
    [Fact]
    public void MembersKeepTheirOrder()
    {
        Grammar grammar = Formats.Schema("""{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["c","b"],"additionalProperties":{"type":"null"}}""");
        grammar.Takes("""{"b":1,"c":null}""", """{"b":1,"a":"x","c":null,"d":null,"e":null}""");
        grammar.Refuses("""{"a":"x","b":1,"c":null}""", """{"b":1}""", """{"b":1,"c":null,"a":"x"}""", """{"b":1, "c":null}""", """{"b":1,"c":null,"d":1}""");
    }

    [Fact]
    public void SchemasThatMeetInOneObjectKeepEachItsOrder()
    {
        Grammar grammar = Formats.Schema("""{"allOf":[{"properties":{"a":{"const":1},"b":{"const":2}}},{"properties":{"x":{"const":3},"b":{"type":"integer"}}}],"type":"object","additionalProperties":false,"properties":{"a":true,"b":true,"x":true}}""");
        grammar.Takes("""{"a":1,"b":2,"x":3}""", "{}");
        Grammar two = Formats.Schema("""{"allOf":[{"properties":{"a":{"const":1},"b":{"const":2}}},{"properties":{"x":{"const":3}}}],"required":["x"],"type":"object"}""");
        two.Takes("""{"x":3,"a":1,"b":2}""", """{"a":1,"x":3,"b":2}""", """{"a":1,"b":2,"x":3,"y":[]}""");
        two.Refuses("""{"b":2,"a":1,"x":3}""", """{"a":1}""", """{"y":[],"x":3}""");
    }

    [Theory]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":12}""", "-5|0|12|7", "-6|13|1.5|-0|01|1e1")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"maximum":2.5}""", "0.1|2.5|2.50|1|2.4999", "0|2.51|-1|2.500001|3")]
    [InlineData("""{"type":"number","multipleOf":0.01}""", "0.59|-4.72|1170.11|0|3", "0.591|1.001")]
    [InlineData("""{"type":"integer","multipleOf":7,"minimum":10,"maximum":30}""", "14|21|28", "7|35|15")]
    [InlineData("""{"type":"number","not":{"multipleOf":0.5}}""", "0.3|1.25", "0.5|1|2.50")]
    [InlineData("""{"type":"integer","not":{"enum":[1,2]}}""", "0|3|12|21", "1|2")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"é😀\\n\"", "\"a\"|\"abcd\"|\"\\u0041b\"")]
    [InlineData("""{"type":"string","pattern":"^[a-z]*$","minLength":2,"maxLength":3}""", "\"ab\"|\"abc\"", "\"a\"|\"abcd\"|\"aB\"")]
    [InlineData("""{"type":"string","format":"date","pattern":"^2"}""", "\"2024-02-29\"", "\"2023-02-29\"|\"1999-01-01\"")]
    [InlineData("""{"type":"string","not":{"pattern":"a"},"maxLength":3}""", "\"\"|\"xyz\"", "\"xa\"|\"xyzz\"")]
    [InlineData("""{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":2}""", """["a","b"]|["c","a","b"]""", """["a"]|["a","a"]|["a","b","a"]""")]
    [InlineData("""{"type":"array","contains":{"type":"integer"},"minContains":2,"maxContains":3,"items":{"type":["integer","null"]}}""", "[1,2]|[null,1,null,2,3]", "[1]|[1,2,3,4]|[null]|[1,2,\"x\"]")]
    [InlineData("""{"type":"object","minProperties":1,"maxProperties":2,"properties":{"a":true,"b":true,"c":true},"additionalProperties":false}""", """{"a":1}|{"b":1,"c":2}""", """{}|{"a":1,"b":2,"c":3}""")]
    [InlineData("""{"type":"object","patternProperties":{"^a":{"type":"integer"},"z$":{"minimum":5}},"additionalProperties":false}""", """{"a":1}|{"az":5,"z":7}|{"z":""}""", """{"az":4}|{"b":1}|{"a":"x"}""")]
    [InlineData("""{"type":"object","propertyNames":{"enum":["x","y"]}}""", """{"x":1,"y":2}|{}""", """{"z":1}""")]
    [InlineData("""{"type":"object","dependentRequired":{"a":["b"]},"additionalProperties":{"type":"integer"}}""", """{"b":1,"a":2}|{"b":1}|{"c":1}""", """{"a":1}""")]
    [InlineData("""{"oneOf":[{"required":["a"]},{"required":["b"]}],"type":"object"}""", """{"a":1}|{"b":1}""", """{"a":1,"b":1}|{}""")]
    [InlineData("""{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"required":["x"]},"else":{"required":["y"]},"properties":{"k":{"type":"integer"}},"type":"object"}""", """{"k":1,"x":0}|{"k":2,"y":0}|{"y":0}""", """{"k":1,"y":0}|{"k":2,"x":0}""")]
    [InlineData("""{"$defs":{"t":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/t"}},"required":["v"],"additionalProperties":false}},"$ref":"#/$defs/t"}""", """{"v":1}|{"v":1,"next":{"v":2,"next":{"v":3}}}""", """{"next":{"v":1}}|{"v":1,"next":{}}""")]
    public void Values(string schema, string taken, string refused)
    {
        Grammar grammar = Formats.Schema(schema);
        grammar.Takes(taken.Split('|'));
        grammar.Refuses(refused.Split('|'));
    }

    [Fact]
    public void NamesThatAreAskedForDiffer()
    {
        Grammar grammar = Formats.Schema("""{"type":"object","minProperties":2}""", Formats.SmallVocabulary());
        grammar.Takes("""{"a":1,"b":2}""", """{"foo":1,"bar":2,"x":3}""");
        grammar.Refuses("""{"a":1,"a":2}""", """{"":1,"":2}""", """{"a":1}""");
        Assert.Contains("minProperties", Formats.Fails(GrammarNotation.JsonSchema, """{"type":"object","minProperties":9}""", ErrorCode.Unsupported).Message);
        Formats.Schema("""{"type":"object","minProperties":3,"properties":{"a":true,"b":true}}""").Takes("""{"a":1,"b":2,"c":3}""", """{"b":2,"x":1,"y":1}""");
    }

    [Fact]
    public void AnyJson()
    {
        Grammar grammar = Formats.Compile(GrammarNotation.Json, "");
        grammar.Takes("null", "-1.5e-7", "[]", """{"a":[true,{"b":"\u0001\n\\"}]}""", "9007199254740993");
        grammar.Refuses("", "nul", "[1,]", "{\"a\"}", "01", "\"\t\"", " 1");
    }

    [Fact]
    public void NumbersStayWhatTheyAreAsDoubles()
    {
        Grammar below = Formats.Schema("""{"type":"number","exclusiveMaximum":2,"exclusiveMinimum":-0.1}""");
        below.Takes("1.9999999999999998", "0", "-0.09999999999999999", "1.5");
        below.Refuses("1.9999999999999999", "1.99999999999999999999", "-0.099999999999999999999", "2");
        Grammar multiple = Formats.Schema("""{"type":"integer","multipleOf":3}""");
        multiple.Takes("999999999999999", "-3", "0");
        multiple.Refuses("769927264788671743671", "9007199254740993");
        Grammar other = Formats.Schema("""{"type":"number","not":{"const":1}}""");
        other.Takes("1.5", "0.999999999999999", "1.000000000000001");
        other.Refuses("1", "1.0", "1.00000000000000000001", "0.99999999999999999999");
        Grammar fraction = Formats.Schema("""{"type":"number","not":{"type":"integer"}}""");
        fraction.Takes("3.14159", "0.1");
        fraction.Refuses("3", "3.0", "3.00000000000000000000001");
    }

    [Fact]
    public void WhatNoSchemaSpokeOf()
    {
        Grammar sealedOff = Formats.Schema("""
            {
              "type": "object", "$ref": "#/$defs/named", "properties": {"size": {"type": "integer"}},
              "anyOf": [{"properties": {"x": {"type": "null"}}, "required": ["x"]}, {"properties": {"y": {"type": "null"}}, "required": ["y"]}],
              "if": {"properties": {"flag": {"const": true}}, "required": ["flag"]},
              "unevaluatedProperties": false, "$defs": {"named": {"properties": {"name": {"type": "string"}}}}
            }
            """);
        sealedOff.Takes("""{"size":1,"x":null}""", """{"size":1,"name":"a","y":null}""", """{"x":null,"y":null}""", """{"x":null,"flag":true}""");
        sealedOff.Refuses("""{"size":1}""", """{"x":null,"z":1}""", """{"x":null,"flag":false}""", """{"x":null,"y":1}""");
        Grammar items = Formats.Schema("""
            {"type":"array","allOf":[{"prefixItems":[{"type":"null"}]}],"contains":{"const":7},"unevaluatedItems":{"type":"boolean"}}
            """);
        items.Takes("[null,7]", "[null,true,7,false]", "[null,7,7]");
        items.Refuses("[null]", "[null,7,1]", "[7]", """[null,"a",7]""");
        Formats.Schema("""{"enum":[{"a":1},{"b":1},{}],"properties":{"a":true},"unevaluatedProperties":false}""").Refuses("""{"b":1}""");
        Grammar tree = Formats.Schema("""
            {"type":"object","properties":{"v":{"type":"integer"}},"unevaluatedProperties":{"$ref":"#"},"required":["v"]}
            """);
        tree.Takes("""{"v":1}""", """{"v":1,"a":{"v":2,"b":{"v":3}}}""");
        tree.Refuses("""{"v":1,"a":{}}""", """{"v":1,"a":2}""");
    }

    [Fact]
    public void ReferencesByTheWholeDocument()
    {
        Grammar tree = Formats.Schema("""
            {
              "$id": "https://example.com/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false,
              "$defs": {"tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object",
                "properties": {"data": true, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}}}}
            }
            """);
        tree.Takes("""{"children":[{"data":1}]}""", "{}");
        tree.Refuses("""{"children":[{"daat":1}]}""", """{"daat":1}""");
    }

    [Fact]
    public void WhiteSpace()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}},"required":["a"]}""";
        Formats.Schema(Schema, null, JsonWhitespace.Spaced).Takes("""{"a": [1, 2]}""");
        Formats.Schema(Schema, null, JsonWhitespace.Spaced).Refuses("""{"a":[1,2]}""");
        Grammar flexible = Formats.Schema(Schema, null, JsonWhitespace.Flexible);
        flexible.Takes("""{"a":[1,2]}""", "{\n  \"a\": [ 1 ,\t2 ]\n}");
        flexible.Refuses("{" + new string(' ', 21) + "\"a\":[]}");
    }

    [Theory]
    [InlineData("""{"type":"objekt"}""", ErrorCode.InvalidArgument, "#/type")]
    [InlineData("""{"properties":{"a/b":{"minLength":-1}}}""", ErrorCode.InvalidArgument, "#/properties/a~1b/minLength")]
    [InlineData("""{"properties":{"a":{"pattern":"("}}}""", ErrorCode.InvalidArgument, "#/properties/a/pattern")]
    [InlineData("""{"pattern":"(a)\\1"}""", ErrorCode.Unsupported, "#/pattern")]
    [InlineData("""{"$ref":"#/$defs/none"}""", ErrorCode.InvalidArgument, "#/$ref")]
    [InlineData("""{"$ref":"https://example.com/x"}""", ErrorCode.Unsupported, "out of the schema")]
    [InlineData("""{"unevaluatedProperties":7}""", ErrorCode.InvalidArgument, "a schema must be")]
    [InlineData("""{"$dynamicRef":"#a","$defs":{"x":{"$id":"x","$dynamicAnchor":"a"},"y":{"$dynamicAnchor":"a","$id":"y"}}}""",
        ErrorCode.InvalidArgument, "leads to nothing")]
    [InlineData("""{"type":"array","uniqueItems":true}""", ErrorCode.Unsupported, "#/uniqueItems")]
    [InlineData("""{"not":{}}""", ErrorCode.InvalidArgument, "no value meets")]
    [InlineData("""{"type":"integer","minimum":2,"maximum":1}""", ErrorCode.InvalidArgument, "no value meets")]
    [InlineData("""{"type":"array","not":{"prefixItems":[true],"items":{"type":"null"}}}""", ErrorCode.Unsupported, "schema #/not/items: that items is not met")]
    [InlineData("""{"type":"string","pattern":"^a{3}$","maxLength":2}""", ErrorCode.InvalidArgument, "no value meets")]
    [InlineData("""{"anyOf":[]}""", ErrorCode.InvalidArgument, "#/anyOf")]
    [InlineData("""{"multipleOf":0}""", ErrorCode.InvalidArgument, "#/multipleOf")]
    [InlineData("[1]", ErrorCode.InvalidArgument, "must be an object")]
    [InlineData("{", ErrorCode.InvalidArgument, "not valid JSON")]
    public void Mistakes(string schema, ErrorCode code, string where)
    {
        Assert.Contains(where, Formats.Fails(GrammarNotation.JsonSchema, schema, code).Message);
    }

    [Fact]
    public void UnknownKeywordsAndFormatsAreWarnings()
    {
        Grammar grammar = Formats.Schema("""{"type":"string","format":"colour","x-note":1}""");
        Assert.Contains(grammar.Warnings, warning => warning.Contains("#/x-note"));
        Assert.Contains(grammar.Warnings, warning => warning.Contains("'colour'"));
    }
}
