namespace Realm.Grammars;

/// <summary>
/// A set of ways in which what was read can go on, each an expression and the returns above the bottom. Bytes lead from state to state; the
/// table of them is filled as it is needed.
/// </summary>
internal sealed class GrammarState
{
    /// <summary>Its number in its table.</summary>
    public required int Number { get; init; }

    /// <summary>Pairs of an expression and a stack (a number of a <see cref="StackCell"/>), in the order of the stacks.</summary>
    public required (int Expression, int Stack)[] Ways { get; init; }

    /// <summary>Whether the bottom is reached: what lies below may go on here.</summary>
    public required bool Exits { get; init; }

    /// <summary>Whether nothing leads on from here.</summary>
    public bool IsDead => Ways.Length == 0 && !Exits;

    /// <summary>Which bytes may come.</summary>
    public ByteSet First { get; init; }

    /// <summary>Whether a token by its id may come.</summary>
    public bool TakesTokens { get; init; }

    /// <summary>The fewest bytes to the bottom.</summary>
    public int Shortest { get; init; }

    /// <summary>The states behind the bytes; made when first used.</summary>
    public StateRow? Row { get; set; }

    /// <summary>Where characters lead; made when first asked.</summary>
    public CharacterSteps? Steps { get; set; }

    /// <summary>The number of its partition of bytes; -1: not known yet.</summary>
    public int Partition { get; set; } = -1;

    /// <summary>The byte that begins a shortest way to the bottom; 0 to 255, 256 + id for a token, -1 not looked for yet.</summary>
    public int Nearest { get; set; } = -1;

    /// <summary>The machines with a budget whose texts are under way; null: not looked for yet.</summary>
    public int[]? OpenTexts { get; set; }

    /// <summary>The state without the returns that all ways have in common at the bottom, and these, the lowest first.</summary>
    public (int State, int[] Returns)? Rebased { get; set; }
}
