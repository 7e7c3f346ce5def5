using Realm.Formats;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>The matrices of one loop over groups of 16 outputs: one; several whose outputs follow one another; or a gate and an up matrix, whose
/// groups of the same number belong together.</summary>
internal sealed unsafe class Matrices
{
    /// <summary>Groups of a panel at most.</summary>
    public const int MostPanelGroups = 8;

    /// <summary>Bytes of a panel of more than one group: a quarter of a second-level cache of 1 MB.</summary>
    public const long PanelBytes = 256 << 10;

    private readonly Linear[] _linears;

    /// <param name="linears">In the order of their outputs; all have the same inputs.</param>
    public Matrices(params Linear[] linears) : this(linears, null)
    {
    }

    private Matrices(Linear[] linears, Linear? up)
    {
        _linears = linears;
        Up = up;
        Layouts = LayoutSet.Of(up == null ? linears : [.. linears, up]);
        foreach (Linear linear in linears)
        {
            Groups += linear.Weight.Groups;
            GroupBytes = Math.Max(GroupBytes, LinesOf(linear.Weight) + (up == null ? 0 : LinesOf(up.Weight)));
        }
        Linear[] forBatches = Array.ConvertAll(linears, linear => linear.ForBatches);
        ForBatches = up?.ForBatches == up && forBatches.SequenceEqual(linears) ? this : new Matrices(forBatches, up?.ForBatches);
    }

    /// <summary>A gate matrix and an up matrix of the same shape.</summary>
    public static Matrices Gated(Linear gate, Linear up) => new([gate], up);

    /// <summary>The same for more than one tile of inputs.</summary>
    public Matrices ForBatches { get; }

    /// <summary>The second matrix of a gated product.</summary>
    public Linear? Up { get; }

    /// <summary>The layouts that the inputs must have.</summary>
    public LayoutSet Layouts { get; }

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups { get; }

    /// <summary>Outputs of the first matrix.</summary>
    public int Outputs => _linears[0].Outputs;

    /// <summary>Inputs.</summary>
    public int Inputs => _linears[0].Weight.Columns;

    /// <summary>What was multiplied with next, last time.</summary>
    public Matrices? Next { get; set; }

    /// <summary>Bytes of the largest group and of one of the up matrix, in whole lines.</summary>
    public long GroupBytes { get; }

    /// <summary>Whether all groups lie packed in their places.</summary>
    public bool ArePacked
    {
        get
        {
            foreach (Linear linear in _linears)
            {
                if (linear.Weight.Place == null)
                    return false;
            }
            return Up == null || Up.Weight.Place != null;
        }
    }

    /// <summary>Groups that all meet a tile of rows before the next tile comes: as many as stay in the second-level cache.</summary>
    public int PanelGroups => (int)Math.Clamp(PanelBytes / GroupBytes, 1, MostPanelGroups);

    /// <summary>Bytes of a group, in whole lines.</summary>
    public static long LinesOf(Weight weight) => SystemMemory.WholeLines(weight.GroupBytes);

    /// <summary>The packed weights of a group, not of the up matrix, in their place or in `scratch`.</summary>
    public byte* Group(int group, byte* scratch) => Locate(ref group, out _).Weight.Group(group, scratch);

    /// <summary>The matrix that the group belongs to, its number there, and the outputs that stand before that matrix's.</summary>
    public Linear Locate(ref int group, out int before)
    {
        Linear linear = _linears[0];
        before = 0;
        for (int i = 1; i < _linears.Length && group >= linear.Weight.Groups; i++)
        {
            group -= linear.Weight.Groups;
            before += linear.Outputs;
            linear = _linears[i];
        }
        return linear;
    }
}
