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

    private const int ExponentDigits = 3;

    /// <summary>Numbers within bounds.</summary>
    public static int Expression(ExpressionStore store, NumberBounds bounds)
    {
        if (bounds.HasAny)
        {
            var machine = new NumberMachine(bounds);
            int within = store.Machine(store.Add(machine), machine.Start);
            return bounds.Excluded.Count == 0 ? within : store.Both([within, .. bounds.Excluded.ConvertAll(value => store.Not(Forms(store, value)))]);
        }
        int digit = store.Bytes(ByteSet.Range((byte)'0', (byte)'9'));
        int natural = store.Sequence(store.Bytes(ByteSet.Range((byte)'1', (byte)'9')), store.Repeat(digit, 0, WholeDigits - 1));
        int zero = store.Literal("0"u8), minus = store.Literal("-"u8);
        if (bounds.IsInteger)
        {
            return store.Choice(zero, store.Sequence(store.Optional(minus), natural));
        }
        int fraction = store.Sequence(store.Literal("."u8), store.Repeat(digit, 1, FractionDigits));
        int sign = store.Bytes(ByteSet.Of((byte)'+') | ByteSet.Of((byte)'-'));
        int exponent = store.Sequence(store.Bytes(ByteSet.Of((byte)'e') | ByteSet.Of((byte)'E')), store.Optional(sign), store.Repeat(digit, 1, ExponentDigits));
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
