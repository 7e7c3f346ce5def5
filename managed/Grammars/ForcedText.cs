namespace Realm.Grammars;

/// <summary>
/// What must follow in a text, as tokens: bytes without a choice are tokenized as a text, tokens by their ids are themselves. At the next
/// choice the last tokens are left out if another that may come begins like them and goes on: there the model chooses. Of one use, under
/// the grammar's lock.
/// </summary>
internal sealed class ForcedText(Grammar grammar, Func<byte[], int[]> encode, List<int> tokens, int tokensLeft)
{
    /// <summary>Bytes that are looked at in one go.</summary>
    private const int MostBytes = 512;

    /// <summary>Last tokens that a longer one may replace; with 2 none was missed on MaskBench (llguidance, docs/fast_forward.md).</summary>
    private const int MostReplaced = 4;

    private readonly List<byte> _bytes = [];
    private readonly List<Position> _places = [];

    /// <summary>Adds the tokens that must follow a place.</summary>
    /// <returns>The place behind them.</returns>
    public Position Run(Position from)
    {
        while (true)
        {
            Position end = TakeBytes(from);
            int named = NamedToken(end);
            if (_bytes.Count > 0)
            {
                int[] text = encode([.. _bytes]);
                int count = SpellsBytes(text) ? text.Length : 0;
                bool isCut = named < 0 && !grammar.IsComplete(end);
                count -= isCut ? Replaceable(text.AsSpan(0, count)) : 0;
                if (!Add(text.AsSpan(0, count), ref from) || count < text.Length)
                {
                    return from;
                }
            }
            if (named < 0 || !Add([named], ref from))
            {
                return from;
            }
        }
    }

    /// <summary>Collects bytes up to the next choice, and the place before each.</summary>
    private Position TakeBytes(Position at)
    {
        _bytes.Clear();
        _places.Clear();
        while (_bytes.Count < MostBytes && !grammar.MayEnd(at) && grammar.StateOf(at) is { TakesTokens: false, First.Count: 1 } state)
        {
            byte value = (byte)state.First.Next(0);
            _places.Add(at);
            _bytes.Add(value);
            at = grammar.Step(at, value);
        }
        return at;
    }

    /// <summary>The token that must follow by its id, or -1.</summary>
    private int NamedToken(Position at)
    {
        if (grammar.MayEnd(at) || grammar.StateOf(at) is not { TakesTokens: true, First.IsEmpty: true } || grammar.TakesUnnamed(at))
        {
            return -1;
        }
        return grammar.NamedTokens(at) is [int only] ? only : -1;
    }

    private bool SpellsBytes(int[] text)
    {
        int at = 0;
        foreach (int token in text)
        {
            ReadOnlySpan<byte> bytes = grammar.Vocabulary.IsText(token) ? grammar.Vocabulary.BytesOf(token) : default;
            if (bytes.IsEmpty || at + bytes.Length > _bytes.Count
                || !bytes.SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes).Slice(at, bytes.Length)))
            {
                return false;
            }
            at += bytes.Length;
        }
        return at == _bytes.Count;
    }

    /// <summary>How many of the last tokens another may stand for that goes beyond the bytes.</summary>
    private int Replaceable(ReadOnlySpan<int> text)
    {
        int replaceable = 0, start = _bytes.Count;
        var allowed = new ulong[grammar.Vocabulary.MaskWords];
        for (int count = 1; count <= Math.Min(MostReplaced, text.Length); count++)
        {
            start -= grammar.Vocabulary.BytesOf(text[^count]).Length;
            grammar.Mask(_places[start], allowed, Constraint.NoLimit - 1);
            if (HasLonger(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[start..], allowed))
            {
                replaceable = count;
            }
        }
        return replaceable;
    }

    /// <summary>Whether an allowed token begins with a text and is longer.</summary>
    private bool HasLonger(ReadOnlySpan<byte> text, ulong[] allowed)
    {
        TrieNode[] nodes = grammar.Vocabulary.All.Nodes;
        int first = 0, end = nodes.Length;
        foreach (byte value in text)
        {
            while (first < end && nodes[first].Value != value)
            {
                first = nodes[first].End;
            }
            if (first >= end)
            {
                return false;
            }
            end = nodes[first].End;
            first++;
        }
        for (; first < end; first++)
        {
            int token = nodes[first].Token;
            if (token >= 0 && (allowed[token >> 6] >> (token & 63) & 1) != 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Adds tokens as long as the text can be ended in time behind them.</summary>
    private bool Add(ReadOnlySpan<int> more, ref Position at)
    {
        foreach (int token in more)
        {
            Position next = grammar.StepToken(at, token);
            if (next.State == StateTable.Dead || tokensLeft < 1 || tokensLeft < Constraint.NoLimit && !grammar.Suffices(next, tokensLeft - 1))
            {
                return false;
            }
            tokens.Add(token);
            tokensLeft -= tokensLeft < Constraint.NoLimit ? 1 : 0;
            at = next;
        }
        return true;
    }
}
