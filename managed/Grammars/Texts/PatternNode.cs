namespace Realm.Grammars.Texts;

/// <summary>What a part of a regular expression is.</summary>
internal enum PatternKind
{
    /// <summary>One character of a set.</summary>
    Class,
    /// <summary>Parts one behind another; none: the empty text.</summary>
    Sequence,
    /// <summary>Any of its parts.</summary>
    Choice,
    /// <summary>So many of its only part.</summary>
    Repeat,
    /// <summary>The beginning of the text.</summary>
    Start,
    /// <summary>The end of the text.</summary>
    End,
    /// <summary>What follows begins with its only part.</summary>
    Ahead,
    /// <summary>What follows does not begin with its only part.</summary>
    NotAhead,
    /// <summary>A word begins or ends here.</summary>
    Boundary,
    /// <summary>No word begins or ends here.</summary>
    NoBoundary,
}

/// <summary>A part of a regular expression as it was read.</summary>
internal sealed class PatternNode(PatternKind kind)
{
    public static readonly PatternNode Empty = new(PatternKind.Sequence);

    public PatternKind Kind { get; } = kind;

    public PatternNode[] Parts { get; init; } = [];

    public CodePoints Points { get; init; } = CodePoints.None;

    public int Least { get; init; }

    public int Most { get; init; }

    /// <summary>Whether what stands around it decides about it: an anchor, a look ahead or a word boundary is in it.</summary>
    public bool NeedsContext { get; private init; } = kind is >= PatternKind.Start;

    public static PatternNode Of(CodePoints points) => new(PatternKind.Class) { Points = points };

    public static PatternNode Of(PatternKind kind, params PatternNode[] parts)
    {
        return parts.Length == 1 && (kind is PatternKind.Sequence or PatternKind.Choice)
            ? parts[0]
            : new PatternNode(kind)
            {
                Parts = parts,
                NeedsContext = kind >= PatternKind.Start || Array.Exists(parts, part => part.NeedsContext),
            };
    }

    public static PatternNode Repeat(PatternNode part, int least, int most)
    {
        return new PatternNode(PatternKind.Repeat) { Parts = [part], Least = least, Most = most, NeedsContext = part.NeedsContext };
    }

    /// <summary>Whether it may take no character; anchors and the like take none.</summary>
    public bool MayBeEmpty => Kind switch
    {
        PatternKind.Class => false,
        PatternKind.Sequence => Array.TrueForAll(Parts, part => part.MayBeEmpty),
        PatternKind.Choice => Array.Exists(Parts, part => part.MayBeEmpty),
        PatternKind.Repeat => Least == 0 || Parts[0].MayBeEmpty,
        _ => true,
    };
}
