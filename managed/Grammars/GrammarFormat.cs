using System.Text;
using Realm.Grammars.Json;
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
}

/// <summary>Compiles formats.</summary>
internal static class GrammarFormat
{
    /// <summary>A grammar of a format.</summary>
    /// <param name="notation">How the format is written.</param>
    /// <param name="text">The format.</param>
    /// <param name="vocabulary">The tokens that texts are made of; null if texts are only to be tested.</param>
    /// <param name="whitespace">White space in JSON values.</param>
    /// <param name="cancel">Ends compiling early.</param>
    /// <exception cref="RealmException">
    /// E_INVALID_ARGUMENT: a mistake in the format, or one that allows no text; E_UNSUPPORTED: what can't be held; E_LIMIT: too large,
    /// too deep, or too long to compile; E_CANCELLED. The message says where.
    /// </exception>
    public static Grammar Compile(
        GrammarNotation notation,
        ReadOnlySpan<byte> text,
        TokenVocabulary? vocabulary,
        JsonWhitespace whitespace = JsonWhitespace.Compact,
        CancellationToken cancel = default)
    {
        if (text.Length > GrammarLimits.TextBytes)
        {
            throw new RealmException(ErrorCode.Limit, $"the format has {text.Length} bytes; at most {GrammarLimits.TextBytes} are read");
        }
        var rules = new GrammarRules(new CompileBudget(cancel));
        bool isPlain = false;
        switch (notation)
        {
            case GrammarNotation.Json:
                SchemaCompiler.ReadAny(whitespace, rules);
                isPlain = true;
                break;
            case GrammarNotation.JsonSchema:
                SchemaCompiler.Read(text, whitespace, rules);
                isPlain = true;
                break;
            case GrammarNotation.Regex:
                ReadRegex(Decode(text, "pattern"), rules);
                break;
            case GrammarNotation.Choice:
                ReadChoice(text, rules);
                break;
            case GrammarNotation.Gbnf:
                Gbnf.Read(Decode(text, "GBNF"), rules, vocabulary);
                break;
            default:
                Lark.Read(Decode(text, "Lark"), rules, vocabulary);
                break;
        }
        rules.Finish(isPlain);
        return new Grammar(rules, vocabulary);
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
