using System.Text;
using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Compiled formats are shared, and the oldest are given up.</summary>
public class GrammarCacheTests
{
    [Fact]
    public void SharesAndForgets()
    {
        var cache = new GrammarCache(Formats.SmallVocabulary());
        Grammar Get(string pattern, JsonWhitespace whitespace = JsonWhitespace.Compact)
        {
            return cache.Get(GrammarNotation.Regex, Encoding.UTF8.GetBytes(pattern), whitespace);
        }
        Grammar first = Get("a+");
        Assert.Same(first, Get("a+"));
        Assert.NotSame(first, Get("a*"));
        Assert.NotSame(first, Get("a+", JsonWhitespace.Spaced));
        for (int i = 0; i < GrammarCache.MostFormats; i++)
        {
            Get($"b{{{i + 1}}}");
        }
        Assert.Equal(GrammarCache.MostFormats, cache.Count);
        Assert.NotSame(first, Get("a+"));
    }

    [Fact]
    public void MistakesAreNotKept()
    {
        var cache = new GrammarCache(Formats.SmallVocabulary());
        Assert.ThrowsAny<RealmException>(() => cache.Get(GrammarNotation.Gbnf, "root"u8.ToArray(), JsonWhitespace.Compact));
        Assert.Equal(0, cache.Count);
    }
}
