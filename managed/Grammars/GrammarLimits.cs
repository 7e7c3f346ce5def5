namespace Realm.Grammars;

/// <summary>
/// What a grammar, a schema or a pattern may cost. A text that asks for more ends in E_LIMIT, never in a hang or a crash.
/// </summary>
internal static class GrammarLimits
{
    /// <summary>Bytes of a grammar, schema or pattern.</summary>
    public const int TextBytes = 4 << 20;

    /// <summary>How deep values of a schema, groups of a pattern and parentheses of a grammar may be nested.</summary>
    public const int Depth = 256;

    /// <summary>Expressions of one grammar, those that its states need included.</summary>
    public const int Expressions = 1 << 20;

    /// <summary>States of one grammar.</summary>
    public const int States = 1 << 20;

    /// <summary>Ways in which one text may be read at once.</summary>
    public const int Threads = 2048;

    /// <summary>Rules of one grammar.</summary>
    public const int Rules = 1 << 17;

    /// <summary>States looked at to find out whether an intersection has a text.</summary>
    public const int SearchedStates = 20_000;

    /// <summary>Alternatives that one value of a schema may be split into.</summary>
    public const int Branches = 2048;

    /// <summary>Repetitions that are counted; more are an error.</summary>
    public const int Repetitions = 1 << 28;

    /// <summary>Time to compile a grammar, in milliseconds.</summary>
    public const int CompileMilliseconds = 2000;

    /// <summary>Time that one step of a text may take, in milliseconds: the states that it needs are made then.</summary>
    public const int StepMilliseconds = 1000;

    /// <summary>Bytes of the shortest text of a format, which must fit a generation.</summary>
    public const int ShortestBytes = 1 << 18;

    /// <summary>About how many bytes the compiled formats of one model hold together; beyond it the oldest go.</summary>
    public const long CachedFormatBytes = 256 << 20;

    /// <summary>Bytes of cached masks of one grammar; beyond it the cache begins anew.</summary>
    public const long CachedMaskBytes = 32 << 20;
}
