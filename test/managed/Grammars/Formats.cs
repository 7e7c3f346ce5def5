using System.Text;
using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Formats as tests write them.</summary>
internal static class Formats
{
    public static Grammar Gbnf(string text, TokenVocabulary? vocabulary = null) => Compile(GrammarNotation.Gbnf, text, vocabulary);

    public static Grammar Regex(string text, TokenVocabulary? vocabulary = null) => Compile(GrammarNotation.Regex, text, vocabulary);

    public static Grammar Schema(string text, TokenVocabulary? vocabulary = null, JsonWhitespace whitespace = JsonWhitespace.Compact)
    {
        return GrammarFormat.Compile(GrammarNotation.JsonSchema, Encoding.UTF8.GetBytes(text), vocabulary, whitespace);
    }

    public static Grammar Compile(GrammarNotation notation, string text, TokenVocabulary? vocabulary = null)
    {
        return GrammarFormat.Compile(notation, Encoding.UTF8.GetBytes(text), vocabulary);
    }

    public static bool Test(this Grammar grammar, string text) => grammar.Test(Encoding.UTF8.GetBytes(text));

    public static void Takes(this Grammar grammar, params string[] texts)
    {
        foreach (string text in texts)
        {
            Assert.True(grammar.Test(text), $"refused: {text}");
        }
    }

    public static void Refuses(this Grammar grammar, params string[] texts)
    {
        foreach (string text in texts)
        {
            Assert.False(grammar.Test(text), $"taken: {text}");
        }
    }

    /// <summary>Whether a token may come next, found out by taking it: what a mask is to say of it.</summary>
    public static bool Allows(this Constraint constraint, int token, int tokensLeft = Constraint.NoLimit)
    {
        Constraint taken = constraint.Fork();
        try
        {
            taken.Accept(token);
        }
        catch (RealmException e) when (e.Code == ErrorCode.InvalidArgument)
        {
            return false;
        }
        return tokensLeft == Constraint.NoLimit || taken.TokensToEnd <= tokensLeft - 1;
    }

    public static RealmException Fails(GrammarNotation notation, string text, ErrorCode code)
    {
        RealmException e = Assert.ThrowsAny<RealmException>(() => Compile(notation, text));
        Assert.True(e.Code == code, $"{code} was expected, {e.Code} came: {e.Message}");
        return e;
    }

    /// <summary>A vocabulary of all single bytes, some longer texts and two special tokens, the last of which ends a generation.</summary>
    public static TokenVocabulary SmallVocabulary(params string[] texts) => SmallVocabulary(Array.ConvertAll(texts, Encoding.UTF8.GetBytes));

    public static TokenVocabulary SmallVocabulary(byte[][] texts)
    {
        var bytes = new List<byte[]>();
        for (int value = 0; value < 256; value++)
        {
            bytes.Add([(byte)value]);
        }
        bytes.AddRange(texts);
        bytes.Add("<think>"u8.ToArray());
        bytes.Add("<end>"u8.ToArray());
        var isText = new bool[bytes.Count];
        isText.AsSpan(0, bytes.Count - 2).Fill(true);
        return new TokenVocabulary([.. bytes], isText, [bytes.Count - 1]);
    }
}
