namespace Realm.Sampling;

/// <summary>The tokens of one sequence, prompt and answer, in order: what the steps that look back read.</summary>
/// <param name="capacity">Tokens that are expected: up to here a token costs no allocation.</param>
public sealed class History(int capacity = 64)
{
    private int[] _tokens = new int[Math.Max(capacity, 1)];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>All of them.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>Adds the next token.</summary>
    public void Add(int token)
    {
        if (Count == _tokens.Length)
        {
            Array.Resize(ref _tokens, checked(2 * Count));
        }
        _tokens[Count++] = token;
    }

    /// <summary>Adds tokens.</summary>
    public void Add(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            Add(token);
        }
    }

    /// <summary>The last tokens: at most so many, or all for a negative number.</summary>
    public ReadOnlySpan<int> Last(int count) => count < 0 || count >= Count ? Tokens : _tokens.AsSpan(Count - count, count);

    /// <summary>Forgets all tokens from this one on.</summary>
    public void Truncate(int count) => Count = count >= 0 && count <= Count ? count : throw new ArgumentOutOfRangeException(nameof(count));
}
