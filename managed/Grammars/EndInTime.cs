namespace Realm.Grammars;

/// <summary>
/// Near the end of a generation: only tokens are allowed behind which the text can still be ended with the tokens left. Tokens that
/// lead to the same state over the same frames are asked for once.
/// </summary>
internal sealed class EndInTime(Grammar grammar)
{
    private readonly Dictionary<(GrammarState, Frame?), bool> _suffices = [];
    private int _tokensLeft;

    /// <summary>Whether the text can be ended with so many tokens.</summary>
    public bool Suffices(Position position, int tokensLeft)
    {
        return grammar.ShortestFrom(position) <= tokensLeft || grammar.TokensFrom(position) <= tokensLeft;
    }

    /// <summary>Writes the tokens of text that may come.</summary>
    /// <param name="position">Where the text stands.</param>
    /// <param name="tiers">The masks.</param>
    /// <param name="allowed">A bit a token.</param>
    /// <param name="tokensLeft">How many tokens may follow the one to be chosen.</param>
    public void Mask(Position position, TierMasks[] tiers, Span<ulong> allowed, int tokensLeft)
    {
        _suffices.Clear();
        _tokensLeft = tokensLeft;
        allowed.Clear();
        foreach (TierMasks tier in tiers)
        {
            tier.AddInTime(position, allowed, Suffices);
        }
    }

    private bool Suffices(GrammarState state, Frame? below)
    {
        if (state.Shortest + (long)(below?.Shortest ?? 0) <= _tokensLeft)
        {
            return true;
        }
        if (!_suffices.TryGetValue((state, below), out bool suffices))
        {
            _suffices[(state, below)] = suffices = grammar.TokensFrom(grammar.Settle(state, below)) <= _tokensLeft;
        }
        return suffices;
    }
}
