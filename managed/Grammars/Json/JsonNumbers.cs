namespace Realm.Grammars.Json;

/// <summary>
/// Numbers as they are written: as many digits as a JavaScript number may have, and no more, lest a model go on for ever.
/// </summary>
internal static class JsonNumbers
{
    /// <summary>Digits before the point: with 22 JavaScript writes an exponent.</summary>
    public const int WholeDigits = 21;

    /// <summary>Digits behind the point: six zeros, beyond which JavaScript writes an exponent, and seventeen that count.</summary>
    public const int FractionDigits = 23;

    /// <summary>
    /// Digits of a negative exponent. A positive one is at most 279: with it, the longest whole part is still a number to JavaScript.
    /// </summary>
    private const int ExponentDigits = 3;

    /// <summary>Numbers within bounds.</summary>
    public static int Expression(ExpressionStore store, NumberBounds bounds)
    {
        if (bounds.HasAny)
        {
            var machine = new NumberMachine(bounds);
            int within = store.Machine(store.Add(machine), machine.Start);
            List<int> others = bounds.Excluded.ConvertAll(value => store.Not(Forms(store, value)));
            return others.Count == 0 ? within : store.Both([within, .. others]);
        }
        int digit = store.Bytes(ByteSet.Range((byte)'0', (byte)'9'));
        int natural = store.Sequence(store.Bytes(ByteSet.Range((byte)'1', (byte)'9')), store.Repeat(digit, 0, WholeDigits - 1));
        int zero = store.Literal("0"u8), minus = store.Literal("-"u8);
        if (bounds.IsInteger)
        {
            return store.Choice(zero, store.Sequence(store.Optional(minus), natural));
        }
        int fraction = store.Sequence(store.Literal("."u8), store.Repeat(digit, 1, FractionDigits));
        int upward = store.Sequence(store.Optional(store.Literal("+"u8)), store.Choice(
            store.Repeat(digit, 1, 2),
            store.Sequence(store.Literal("1"u8), digit, digit),
            store.Sequence(store.Literal("2"u8), store.Bytes(ByteSet.Range((byte)'0', (byte)'7')), digit)));
        int downward = store.Sequence(store.Literal("-"u8), store.Repeat(digit, 1, ExponentDigits));
        int mark = store.Bytes(ByteSet.Of((byte)'e') | ByteSet.Of((byte)'E'));
        int exponent = store.Sequence(mark, store.Choice(upward, downward));
        return store.Sequence(store.Optional(minus), store.Choice(zero, natural), store.Optional(fraction), store.Optional(exponent));
    }

    /// <summary>A value in all its forms without exponent.</summary>
    private static int Forms(ExpressionStore store, Exact value)
    {
        string text = value.ToPlainString();
        int zeros = store.Star(store.Literal("0"u8));
        int literal = store.Literal(System.Text.Encoding.ASCII.GetBytes(text));
        return value.Power < 0 ? store.Sequence(literal, zeros)
            : store.Sequence(literal, store.Optional(store.Sequence(store.Literal(".0"u8), zeros)));
    }
}
