namespace Realm.Grammars;

/// <summary>What is to follow when the bottom of a state is reached, and what below that.</summary>
internal sealed class Frame(int follow, int shortest, Frame? below)
{
    /// <summary>The expression that follows.</summary>
    public int Return { get; } = follow;

    public Frame? Below { get; } = below;

    /// <summary>The fewest bytes from here to the end of the whole text.</summary>
    public int Shortest { get; } = ExpressionStore.Together(shortest, below?.Shortest ?? 0);

    public int Depth { get; } = (below?.Depth ?? 0) + 1;

    /// <summary>The same over another frame that says the same as <see cref="Below"/>.</summary>
    public Frame Over(Frame? other) => new(Return, Shortest - (Below?.Shortest ?? 0), other);
}
