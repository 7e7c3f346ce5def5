namespace Realm.Grammars;

/// <summary>An expression as it is stored. What A, B and C are depends on the kind.</summary>
internal struct ExpressionNode
{
    public ExpressionKind Kind;

    /// <summary>Whether the empty text is one of its texts, calls left aside: they have frames of their own.</summary>
    public bool IsNullable;

    /// <summary>Whether a call may stand at the beginning.</summary>
    public bool CallsFirst;

    /// <summary>Whether a token by its id may stand at the beginning.</summary>
    public bool TokensFirst;

    /// <summary>Whether it has no call and no token anywhere.</summary>
    public bool IsRegular;

    /// <summary>Whether a count in it is so high that a token can't reach it (see <see cref="Horizon"/>).</summary>
    public bool CountsFar;

    /// <summary>
    /// Sequence: head; Choice, Both: first place in the lists; Repeat, Not: the expression; Literal: first byte; Call: rule; Machine,
    /// Token: which.
    /// </summary>
    public int A;

    /// <summary>Sequence: tail; Choice, Both: how many; Repeat: least; Literal: end; Machine: state; Token: 1 for any other.</summary>
    public int B;

    /// <summary>Repeat: most.</summary>
    public int C;

    /// <summary>Bytes of the shortest text; -1: not known yet.</summary>
    public int Shortest;

    /// <summary>The number of its partition of bytes; -1: not known yet.</summary>
    public int Partition;

    /// <summary>The next expression of the same hash.</summary>
    public int Next;

    /// <summary>Which bytes a text may begin with; perhaps too many, never too few.</summary>
    public ByteSet First;
}
