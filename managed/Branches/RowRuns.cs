namespace Realm.Branches;

/// <summary>Rows of activations in runs, each for a matrix of its own: the rows that an expert serves, the parts of rows that belong to a
/// head. A run begins at a multiple of 8.</summary>
internal abstract class RowRuns
{
    /// <summary>Runs.</summary>
    public abstract int Count { get; }

    /// <summary>Whether runs of a small pass, of up to 8 rows, are never longer than a tile.</summary>
    public virtual bool FitTiles => true;

    /// <summary>The matrix of the i-th run.</summary>
    public abstract int Matrix(int i);

    /// <summary>The first row of a matrix's run, and how many there are.</summary>
    public abstract (int First, int Count) Run(int matrix);
}
