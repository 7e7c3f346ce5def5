using System.Text;
using Realm.Grammars;
using Realm.Grammars.Json;
using Realm.Grammars.Texts;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>Expressions that are nested deeper than a thread's stack: each way through them ends in an error, not with the process.</summary>
public class StackTests
{
    private const int Deep = 50_000;

    private static void Refuses(Action work, string message = "the grammar is nested too deeply; make it flatter")
    {
        Exception? outcome = null;
        // The C library may give it the stack of a thread that has ended, of up to four times the size.
        Thread thread = new(() => outcome = Record.Exception(work), maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        RealmException refusal = Assert.IsType<RealmException>(outcome);
        Assert.Equal((ErrorCode.Limit, message), (refusal.Code, refusal.Message));
    }

    private static (GrammarRules Rules, ExpressionStore Store) New()
    {
        GrammarRules rules = new(new CompileBudget(milliseconds: int.MaxValue));
        return (rules, rules.Store);
    }

    /// <summary>((inner x){2,100} x){2,100} ...</summary>
    private static int Nested(ExpressionStore store, int inner)
    {
        int expression = inner, x = store.Literal("x"u8);
        for (int i = 0; i < Deep; i++)
            expression = store.Repeat(store.Sequence(expression, x), 2, 100);
        return expression;
    }

    [Fact]
    public void Of_rules()
    {
        (GrammarRules rules, ExpressionStore store) = New();
        int nested = Nested(store, store.Call(1));
        rules.Add(nested);
        rules.Add(store.Literal("a"u8));
        Refuses(() => rules.IsNullable(nested, [false, false]));
        Refuses(() => rules.HasText(0));
        Refuses(() => store.FirstCalls(nested));
    }

    [Fact]
    public void Of_far_counts()
    {
        (_, ExpressionStore store) = New();
        int nested = Nested(store, store.Literal("a"u8));
        Refuses(() => new Horizon(store, 16).Clamp(nested));
    }

    [Fact]
    public void Of_tokens()
    {
        (_, ExpressionStore store) = New();
        int nested = Nested(store, store.Token(5, other: false));
        Refuses(() => store.TokenDerivative(nested, 5));
        Refuses(() => store.FirstTokens(nested, []));
    }

    /// <summary>What follows a byte: of repetitions, and of what may be empty.</summary>
    [Fact]
    public void Of_bytes()
    {
        (_, ExpressionStore store) = New();
        int nested = Nested(store, store.Literal("a"u8));
        Refuses(() => store.Derivative(nested, (byte)'a'));
        int empty = store.Optional(store.Literal("a"u8)), x = store.Literal("x"u8);
        for (int i = 0; i < Deep; i++)
            empty = store.Optional(store.Repeat(store.Sequence(empty, x), 2, 3));
        Refuses(() => store.Derivative(empty, (byte)'a'));
    }

    /// <summary>What may stand behind any text.</summary>
    [Fact]
    public void Of_choices()
    {
        (_, ExpressionStore store) = New();
        int nested = store.Call(0), x = store.Literal("x"u8);
        for (int i = 0; i < Deep; i++)
            nested = store.Choice(store.Sequence(nested, x), store.Sequence(store.Call(i), x));
        Refuses(() => store.EndBehindAnyText(nested));
    }

    /// <summary>Repetitions of what may be empty through a rule.</summary>
    [Fact]
    public void Of_repetitions()
    {
        (GrammarRules rules, ExpressionStore store) = New();
        rules.Add();
        rules.Add(store.Optional(store.Literal("a"u8)));
        int nested = store.Call(1), b = store.Literal("b"u8);
        for (int i = 0; i < Deep; i++)
            nested = store.Repeat(store.Sequence(b, nested), 2, 100);
        rules[0] = nested;
        Refuses(() => new NullableRepeats(rules).Rewrite());
    }

    /// <summary>A rule that begins with itself behind many that may be empty.</summary>
    [Fact]
    public void Of_circles()
    {
        (GrammarRules rules, ExpressionStore store) = New();
        rules.Add();
        rules.Add(store.Optional(store.Literal("a"u8)));
        int chain = store.Call(0);
        for (int i = 0; i < 8_000; i++)
            chain = store.Sequence(store.Call(1), chain);
        rules[0] = store.Choice(chain, store.Literal("b"u8));
        Refuses(() => new LeftRecursion(rules).Remove());
        // Each level may be empty, as its first part tells at once, which is another at each.
        (rules, store) = New();
        int[] empty = [.. Enumerable.Range(0, 3_000).Select(_ => store.Call(rules.Add(store.Optional(store.Literal("a"u8)))))];
        int itself = rules.Add(), nested = store.Call(itself);
        foreach (int each in empty)
            nested = store.Choice(each, store.Repeat(nested, 2, 100));
        rules[itself] = nested;
        Refuses(() => new LeftRecursion(rules).Remove());
    }

    /// <summary>Given texts, and alternatives, that begin alike.</summary>
    [Fact]
    public void Of_beginnings()
    {
        (GrammarRules rules, ExpressionStore store) = New();
        int call = store.Call(0), a = store.Literal("a"u8), b = store.Literal("b"u8);
        for (int i = 0; i < Deep; i++)
            (a, b) = (store.Sequence(call, a), store.Sequence(call, b));
        Refuses(() => store.Choice(a, b));
        List<byte[]> texts = [.. Enumerable.Range(1, 15_000).Select(length => Encoding.ASCII.GetBytes(new string('a', length)))];
        Refuses(() => LiteralTree.Of(store, texts, rules.Budget), "the values of an enum have too much in common");
    }

    [Fact]
    public void Of_patterns()
    {
        (_, ExpressionStore store) = New();
        PatternExpression expressions = new(store, points => Utf8.Expression(store, points));
        PatternNode pattern = PatternParser.Parse(new string('a', 8_000) + "\\b.");
        Refuses(() => expressions.Whole(pattern), "the pattern is nested too deeply; make it flatter");
    }
}
