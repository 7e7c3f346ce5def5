using Realm.Formats;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>The matrices of one loop over groups of 16 outputs: one; several whose outputs follow one another; or a gate and an up matrix, whose
/// groups of the same number belong together.</summary>
internal sealed unsafe class Matrices
{
    // A quarter of a second-level cache of 1 MB.
    private const long PanelBytes = 256 << 10;
    private const int MostPanelGroups = 8;

    private readonly Linear[] _linears;

    /// <param name="linears">In the order of their outputs; all have the same inputs.</param>
    public Matrices(params Linear[] linears)
    {
        _linears = linears;
        Layouts = LayoutSet.Of(linears);
        foreach (Linear linear in linears)
            Groups += linear.Weight.Groups;
    }

    /// <summary>A gate matrix and an up matrix of the same shape.</summary>
    public static Matrices Gated(Linear gate, Linear up) => new(gate) { Up = up, Layouts = LayoutSet.Of(gate, up) };

    /// <summary>The second matrix of a gated product.</summary>
    public Linear? Up { get; private init; }

    /// <summary>The layouts that the inputs must have.</summary>
    public LayoutSet Layouts { get; private init; }

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups { get; }

    /// <summary>Outputs of the first matrix.</summary>
    public int Outputs => _linears[0].Outputs;

    /// <summary>Inputs.</summary>
    public int Inputs => _linears[0].Weight.Columns;

    /// <summary>What was multiplied with next, last time.</summary>
    public Matrices? Next { get; set; }

    // Of the first matrix, and the up matrix.
    private long GroupBytes => _linears[0].Weight.GroupBytes + (Up?.Weight.GroupBytes ?? 0);

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
    public int PanelGroups => ArePacked ? (int)Math.Clamp(PanelBytes / GroupBytes, 1, MostPanelGroups) : 1;

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
