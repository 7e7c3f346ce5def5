namespace Realm.Passes;

/// <summary>What a branch reads: rows in the layouts of its first matrices, and as plain numbers if it asked for them.</summary>
internal readonly unsafe struct Source(Inputs inputs, int count, RowBuffer? rows)
{
    public Inputs Inputs => inputs;

    /// <summary>Rows.</summary>
    public int Count => count;

    /// <summary>A row as plain numbers; only where they were asked for.</summary>
    public float* this[int row] => rows!.Row(row);
}

/// <summary>What a branch wants to read.</summary>
/// <param name="Layouts">Layouts of its first matrices.</param>
/// <param name="Numbers">Plain numbers too.</param>
internal readonly record struct SourceNeeds(LayoutSet Layouts, bool Numbers = false)
{
    public static SourceNeeds operator |(SourceNeeds a, SourceNeeds b) =>
        new(new LayoutSet(a.Layouts.Bits | b.Layouts.Bits), a.Numbers | b.Numbers);
}
