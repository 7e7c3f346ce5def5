using Realm.Formats;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>The matrices of one loop over groups of 16 outputs: one; several whose outputs follow one another; or a gate and an up matrix, whose
/// groups of the same number belong together. An activation may stand behind the first two or between the last.</summary>
internal sealed unsafe class Matrices
{
    /// <summary>Groups of a panel at most.</summary>
    public const int MostPanelGroups = 8;

    /// <summary>Bytes of a panel of more than one group: a quarter of a second-level cache of 1 MB.</summary>
    public const long PanelBytes = 256 << 10;

    private readonly Linear[] _linears;

    /// <param name="linears">In the order of their outputs; all have the same inputs.</param>
    public Matrices(params Linear[] linears) : this(linears, null, null)
    {
    }

    private Matrices(Linear[] linears, Linear? up, Activation? activation, bool isPlain = false)
    {
        _linears = linears;
        Up = up;
        Activation = activation;
        Linear[] all = up == null ? linears : [.. linears, up];
        Layouts = LayoutSet.Of([.. all, .. all.SelectMany(linear => linear.Changes).Select(change => change.A)]);
        foreach (Linear linear in linears)
        {
            Groups += linear.Weight.Groups;
            Outputs = checked(Outputs + linear.Outputs);
            GroupBytes = Math.Max(GroupBytes, LinesOf(linear.Weight) + (up == null ? 0 : LinesOf(up.Weight)));
        }
        Linear[] forBatches = Array.ConvertAll(linears, linear => linear.ForBatches);
        Changes = !isPlain && all.Any(linear => linear.Changes.Length > 0) ? new LowRankProducts(this, linears, up) : null;
        ForBatches = up?.ForBatches == up && forBatches.SequenceEqual(linears) ? this : new Matrices(forBatches, up?.ForBatches, activation);
    }

    /// <summary>Matrices without what adapters add, and without an activation.</summary>
    public static Matrices Plain(params Linear[] linears) => new(linears, null, null, isPlain: true);

    /// <summary>A gate matrix and an up matrix of the same shape.</summary>
    public static Matrices Gated(Linear gate, Linear up, Activation activation) => new([gate], up, activation);

    /// <summary>A matrix whose outputs go through an activation.</summary>
    public static Matrices Activated(Linear up, Activation activation) => new([up], null, activation);

    /// <summary>The same for more than one tile of inputs.</summary>
    public Matrices ForBatches { get; }

    /// <summary>Products with what adapters add; null: they add nothing to these.</summary>
    public LowRankProducts? Changes { get; }

    /// <summary>The first matrix: the gate of a gated product.</summary>
    public Linear First => _linears[0];

    /// <summary>The second matrix of a gated product.</summary>
    public Linear? Up { get; }

    /// <summary>What the outputs go through; null: nothing.</summary>
    public Activation? Activation { get; }

    /// <summary>The layouts that the inputs must have.</summary>
    public LayoutSet Layouts { get; }

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups { get; }

    /// <summary>Outputs of all matrices; of a gate and an up matrix those of one.</summary>
    public int Outputs { get; }

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

    /// <summary>Bytes that a thread needs for a panel of groups: none where all lie packed.</summary>
    public long ScratchBytes(bool packed)
    {
        long most = 0;
        foreach (Linear linear in Up == null ? _linears : [.. _linears, Up])
        {
            foreach (Weight weight in (ReadOnlySpan<Weight>)[linear.Weight, linear.ForBatches.Weight])
                most = Math.Max(most, packed && weight.CanBePacked ? 0 : Math.Max(PanelBytes, 2 * LinesOf(weight)));
        }
        return most;
    }

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
