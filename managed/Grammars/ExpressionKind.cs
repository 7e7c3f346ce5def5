namespace Realm.Grammars;

/// <summary>What an expression is; see <see cref="ExpressionStore"/>, which makes them.</summary>
internal enum ExpressionKind : byte
{
    /// <summary>No text at all.</summary>
    Nothing,
    /// <summary>The empty text.</summary>
    Empty,
    /// <summary>One byte of a set.</summary>
    Bytes,
    /// <summary>A given text.</summary>
    Literal,
    /// <summary>A text of one, then a text of another.</summary>
    Sequence,
    /// <summary>A text of any of several.</summary>
    Choice,
    /// <summary>So many texts of one, one behind another.</summary>
    Repeat,
    /// <summary>A text of a rule.</summary>
    Call,
    /// <summary>A text of each of several, which call no rules.</summary>
    Both,
    /// <summary>Any bytes that are no text of one, which calls no rules.</summary>
    Not,
    /// <summary>What a <see cref="ByteMachine"/> takes from one of its states.</summary>
    Machine,
    /// <summary>One token by its id, or any other token.</summary>
    Token,
}
