namespace Realm.Grammars;

/// <summary>
/// What a text must keep to, token by token. A constraint is used by one sequence; <see cref="Fork"/> makes a second one for another
/// way on. Counts of tokens left include the token to be chosen: with them, only tokens are allowed after which the text can still be
/// ended in time.
/// </summary>
internal abstract class Constraint
{
    /// <summary>How many tokens left mean that no end is set.</summary>
    public const int NoLimit = int.MaxValue;

    /// <summary>Whether the text may end here.</summary>
    public abstract bool MayEnd { get; }

    /// <summary>Whether nothing may follow: then generation ends without a token of its own for that.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>
    /// So many tokens always suffice to end the text from here. At the beginning it is the least that a generation must be given.
    /// </summary>
    public abstract int TokensToEnd { get; }

    /// <summary>Writes the tokens that may come next, those that end a generation included where the text may end.</summary>
    /// <param name="allowed">(vocabulary / 64, rounded up, or more): a bit a token; those beyond the vocabulary are cleared.</param>
    /// <param name="tokensLeft">How many tokens may still come.</param>
    public abstract void Mask(Span<ulong> allowed, int tokensLeft = NoLimit);

    /// <summary>Takes a token.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: it is not allowed here.</exception>
    public abstract void Accept(int token);

    /// <summary>
    /// Appends the tokens that must follow, up to the next choice, as a tokenizer writes them; none where the next token may be a longer
    /// one that goes beyond what must follow. The text can still be ended in time behind each.
    /// </summary>
    /// <param name="tokens">Gets them.</param>
    /// <param name="encode">Bytes that go on behind other text as tokens.</param>
    /// <param name="tokensLeft">How many tokens may still come.</param>
    /// <returns>Whether the text is complete behind them.</returns>
    public abstract bool Forced(List<int> tokens, Func<byte[], int[]> encode, int tokensLeft = NoLimit);

    /// <summary>An independent constraint in the same place.</summary>
    public abstract Constraint Fork();
}
