using Realm.Grammars;
using Realm.Grammars.Texts;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>What one grammar's expressions may come to, whatever notation they are from: here without the time that compiling may take.</summary>
public class ExpressionLimitsTests
{
    private readonly ExpressionStore _store = new(new CompileBudget(milliseconds: int.MaxValue));

    private static void Refuses(string message, Action work)
    {
        RealmException e = Assert.Throws<RealmException>(work);
        Assert.Equal((ErrorCode.Limit, message), (e.Code, e.Message));
    }

    [Fact]
    public void How_many() => Refuses("the grammar needs more than 1048576 expressions; make it simpler or its counts smaller", () =>
    {
        for (int rule = 0; rule < GrammarLimits.Expressions; rule++)
            _store.Call(rule);
    });

    [Fact]
    public void How_many_alternatives_together()
    {
        int[] alternatives = [.. Enumerable.Range(0, 8192).Select(_store.Call)];
        Refuses("the grammar has too many alternatives; make it simpler", () =>
        {
            for (int other = 0; other < 1024; other++)
                _store.Choice([.. alternatives, _store.Call(10_000 + other)]);
        });
    }

    /// <summary>An a seventeen characters before the end, and none, which is said in another way: 2^17 states, none of which is the end.</summary>
    [Fact]
    public void How_many_are_looked_through()
    {
        PatternExpression patterns = new(_store, points => Utf8.Expression(_store, points));
        int Whole(string pattern) => patterns.Whole(PatternParser.Parse(pattern));
        int both = _store.Both(Whole("[ab]*a[ab]{16}"), _store.Not(Whole("[ab]*a[ab]{15}[ab]")));
        Refuses("whether patterns and lengths can be met together needs more than 20000 states; make them simpler", () => _store.Shortest(both));
    }
}
