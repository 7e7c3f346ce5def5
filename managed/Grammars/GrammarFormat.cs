using System.Text;
using Realm.Grammars.Json;
using Realm.Grammars.Structures;
using Realm.Grammars.Texts;

namespace Realm.Grammars;

/// <summary>The notations in which a format may be given.</summary>
public enum GrammarNotation
{
    /// <summary>Any JSON value; there is no text to it.</summary>
    Json,
    /// <summary>A JSON Schema.</summary>
    JsonSchema,
    /// <summary>A regular expression that the whole text must match.</summary>
    Regex,
    /// <summary>A JSON array of strings, of which the text is one.</summary>
    Choice,
    /// <summary>llama.cpp's grammars.</summary>
    Gbnf,
    /// <summary>Lark grammars, as llguidance reads them.</summary>
    Lark,
    /// <summary>A tree of literals, free text and other formats, as JSON: <see cref="StructureReader"/>.</summary>
    Structure,
}

/// <summary>Compiles formats.</summary>
internal static class GrammarFormat
{
    /// <summary>Names of the notations, in the order of <see cref="GrammarNotation"/>.</summary>
    public static readonly string[] Names = ["json", "json_schema", "regex", "choice", "gbnf", "lark", "structure"];

    /// <summary>A grammar of a format.</summary>
    /// <param name="notation">How the format is written.</param>
    /// <param name="text">The format.</param>
    /// <param name="vocabulary">The tokens that texts are made of; null if texts are only to be tested.</param>
    /// <param name="whitespace">White space in JSON values.</param>
    /// <param name="cancel">Ends compiling early.</param>
    /// <param name="ignoresUnsupported">What a schema says and can't be held is left out, with a warning; see <see cref="LooseSchema"/>.</param>
    /// <exception cref="RealmException">
    /// E_INVALID_ARGUMENT: a mistake in the format, or one that allows no text; E_UNSUPPORTED: what can't be held; E_LIMIT: too large,
    /// too deep, or too long to compile; E_CANCELLED. The message says where.
    /// </exception>
    public static Grammar Compile(
        GrammarNotation notation,
        ReadOnlySpan<byte> text,
        TokenVocabulary? vocabulary,
        JsonWhitespace whitespace = JsonWhitespace.Compact,
        CancellationToken cancel = default,
        bool ignoresUnsupported = false)
    {
        if (text.Length > GrammarLimits.TextBytes)
        {
            throw new RealmException(ErrorCode.Limit, $"the format has {text.Length} bytes; at most {GrammarLimits.TextBytes} are read");
        }
        var budget = new CompileBudget(cancel);
        bool mayLoosen = ignoresUnsupported && notation is GrammarNotation.JsonSchema or GrammarNotation.Structure;
        GrammarRules rules = mayLoosen ? LooseSchema.Read(notation, text, whitespace, budget, vocabulary) : new GrammarRules(budget);
        if (!mayLoosen)
        {
            rules.Finish(Read(notation, text, whitespace, rules, vocabulary));
        }
        return new Grammar(rules, notation == GrammarNotation.Structure ? vocabulary?.WithoutMarkers : vocabulary);
    }

    /// <summary>Adds the rules of a format, of which the first is a whole text.</summary>
    /// <returns>Whether none of them may be empty or calls itself at its beginning, for certain.</returns>
    public static bool Read(
        GrammarNotation notation, ReadOnlySpan<byte> text, JsonWhitespace whitespace, GrammarRules rules, TokenVocabulary? vocabulary)
    {
        switch (notation)
        {
            case GrammarNotation.Json:
                SchemaCompiler.ReadAny(whitespace, rules);
                return true;
            case GrammarNotation.JsonSchema:
                SchemaCompiler.Read(text, whitespace, rules);
                return true;
            case GrammarNotation.Regex:
                ReadRegex(Decode(text, "pattern"), rules);
                return false;
            case GrammarNotation.Choice:
                ReadChoice(text, rules);
                return false;
            case GrammarNotation.Gbnf:
                Gbnf.Read(Decode(text, "GBNF"), rules, vocabulary);
                return false;
            case GrammarNotation.Lark:
                Lark.Read(Decode(text, "Lark"), rules, vocabulary);
                return false;
            default:
                return StructureReader.Read(JsonItem.Parse(text, "structure"), whitespace, rules, vocabulary);
        }
    }

    private static void ReadRegex(string pattern, GrammarRules rules)
    {
        ExpressionStore store = rules.Store;
        var expressions = new PatternExpression(store, points => Utf8.Expression(store, points));
        rules.Add(expressions.Whole(PatternParser.Parse(pattern)));
    }

    private static void ReadChoice(ReadOnlySpan<byte> text, GrammarRules rules)
    {
        JsonItem list = JsonItem.Parse(text, "choice");
        if (!list.IsArray || list.Items.Count == 0 || !list.Items.TrueForAll(item => item.IsString))
        {
            throw new RealmException(ErrorCode.InvalidArgument, "choice must be an array of strings with something in it");
        }
        List<byte[]> texts = list.Items.ConvertAll(item => Encoding.UTF8.GetBytes(item.Text));
        texts.Sort(static (x, y) => x.AsSpan().SequenceCompareTo(y));
        rules.Add(LiteralTree.Of(rules.Store, texts, rules.Budget));
    }

    private static string Decode(ReadOnlySpan<byte> utf8, string what)
    {
        try
        {
            return new UTF8Encoding(false, true).GetString(utf8);
        }
        catch (ArgumentException)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"the {what} is not valid UTF-8");
        }
    }
}
