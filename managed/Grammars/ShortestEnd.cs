namespace Realm.Grammars;

/// <summary>
/// The end of a text in few tokens: the shortest bytes that end it, of equally short ones those with the least bytes first, written in
/// as few tokens as they can be. What is left of such an end behind one of its tokens is the end from there, so the count falls by one
/// with each token.
/// </summary>
internal sealed class ShortestEnd(Grammar grammar)
{
    private readonly Dictionary<int, int> _withoutFrames = [];
    private readonly List<int> _symbols = [];

    /// <summary>
    /// How many tokens end the text from a position; <see cref="ExpressionStore.NoText"/> where the vocabulary can't write it.
    /// </summary>
    public int TokensFrom(Position position)
    {
        if (position.Below == null && _withoutFrames.TryGetValue(position.State, out int known))
        {
            return known;
        }
        if (grammar.ShortestFrom(position) > GrammarLimits.ShortestBytes)
        {
            return ExpressionStore.NoText;
        }
        _symbols.Clear();
        Position at = position;
        for (int symbol = grammar.Nearest(at); symbol >= 0; symbol = grammar.Nearest(at))
        {
            _symbols.Add(symbol);
            at = symbol < 256 ? grammar.Step(at, (byte)symbol) : grammar.StepToken(at, symbol - 256);
        }
        int tokens = FewestTokens();
        if (position.Below == null)
        {
            _withoutFrames[position.State] = tokens;
        }
        return tokens;
    }

    /// <summary>The fewest tokens that write the symbols, from the back.</summary>
    private int FewestTokens()
    {
        TokenTrie trie = grammar.Vocabulary.All;
        var fewest = new int[_symbols.Count + 1];
        for (int start = _symbols.Count - 1; start >= 0; start--)
        {
            int best = ExpressionStore.NoText;
            if (_symbols[start] >= 256)
            {
                best = fewest[start + 1] + 1;
            }
            for (int i = start, first = 0, end = trie.Nodes.Length; i < _symbols.Count && _symbols[i] < 256;)
            {
                while (first < end && trie.Nodes[first].Value != _symbols[i])
                {
                    first = trie.Nodes[first].End;
                }
                if (first >= end)
                {
                    break;
                }
                i++;
                if (trie.Nodes[first].Token >= 0)
                {
                    best = Math.Min(best, fewest[i] + 1);
                }
                end = trie.Nodes[first].End;
                first++;
            }
            fewest[start] = Math.Min(best, ExpressionStore.NoText);
        }
        return fewest[0];
    }
}
