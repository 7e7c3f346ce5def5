namespace Realm.Blocks;

/// <summary>How the vectors of a text's tokens become one. The numbers are those of the file's <c>pooling_type</c>.</summary>
public enum Pooling
{
    /// <summary>They don't: each token has its own.</summary>
    None = 0,

    /// <summary>Their mean.</summary>
    Mean = 1,

    /// <summary>The first token's.</summary>
    Cls = 2,

    /// <summary>The last token's.</summary>
    Last = 3,

    /// <summary>One of these, from which a classifier makes scores.</summary>
    Rank = 4,
}
