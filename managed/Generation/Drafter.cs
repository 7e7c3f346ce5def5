namespace Realm.Generation;

/// <summary>
/// Guesses the next tokens of one sequence for the model to look at, as many as are worth their rows. Knows how many it has guessed and
/// how many were right. Allocates nothing after its start.
/// </summary>
/// <param name="costs">What rows of a pass cost.</param>
/// <param name="most">Tokens that the sequence may have.</param>
internal sealed class Drafter(PassCosts costs, long most)
{
    private readonly PromptLookup _lookup = new(most);
    private readonly int[] _tokens = new int[PassCosts.MostDrafted];

    /// <summary>Tokens of the present guess.</summary>
    public int Count { get; private set; }

    /// <summary>Tokens that the model has looked at.</summary>
    public long Drafted { get; private set; }

    /// <summary>How many of them were chosen.</summary>
    public long Accepted { get; private set; }

    /// <summary>A token of the present guess.</summary>
    public int this[int index] => _tokens[index];

    /// <summary>A token of the prompt.</summary>
    public void Start(int token) => _lookup.Start(token);

    /// <summary>Guesses.</summary>
    /// <param name="rows">Rows that the pass has anyway, one of them the sequence's.</param>
    /// <param name="limit">Tokens that could be used.</param>
    /// <returns>How many tokens.</returns>
    public int Draft(int rows, long limit)
    {
        Count = _lookup.HasGuess ? costs.WorthDrafting(_lookup, rows, (int)Math.Min(limit, PassCosts.MostDrafted)) : 0;
        _lookup.Guess(_tokens.AsSpan(0, Count));
        return Count;
    }

    /// <summary>Guesses nothing.</summary>
    public void Skip() => Count = 0;

    /// <summary>The model has looked at the guess.</summary>
    public void Looked() => Drafted += Count;

    /// <summary>A token was chosen.</summary>
    /// <param name="token">Which.</param>
    /// <param name="index">The place in the guess that it belongs to; behind the guess, it was not guessed.</param>
    /// <returns>Whether the guess was right.</returns>
    public bool Chosen(int token, int index)
    {
        _lookup.Add(token);
        bool right = index < Count && _tokens[index] == token;
        Accepted += right ? 1 : 0;
        return right;
    }
}
