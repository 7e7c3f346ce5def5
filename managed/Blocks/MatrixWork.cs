using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// A product of inputs (rows, columns) with a matrix, in groups of 16 outputs: output = W·x + b, or output += that; or, of a gate and an
/// up matrix, output = silu(gate·x) · (up·x).
/// </summary>
internal readonly unsafe struct MatrixWork()
{
    // A quarter of a second-level cache of 1 MB.
    private const long PanelBytes = 256 << 10;
    private const int MostPanelGroups = 8;

    public required Linear Linear { get; init; }

    /// <summary>Further matrices, whose outputs follow in each row.</summary>
    public Linear[] Beside { get; init; } = [];

    /// <summary>The second matrix of a gated product.</summary>
    public Linear? Up { get; init; }

    public required Inputs Inputs { get; init; }

    /// <summary>Rows of inputs.</summary>
    public required int Rows { get; init; }

    public required float* Output { get; init; }

    /// <summary>Floats between rows of the output.</summary>
    public required long Stride { get; init; }

    /// <summary>Add to what is there.</summary>
    public bool Add { get; init; }

    /// <summary>The row of the output for each row of inputs; empty: the same.</summary>
    public ReadOnlyMemory<int> Places { get; init; }

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups
    {
        get
        {
            int groups = Linear.Weight.Groups;
            foreach (Linear beside in Beside)
                groups += beside.Weight.Groups;
            return groups;
        }
    }

    /// <summary>Groups that all meet a tile of rows before the next tile comes: as many as stay in the second-level cache.</summary>
    public int PanelGroups => (int)Math.Clamp(PanelBytes / (Linear.Weight.GroupBytes + (Up?.Weight.GroupBytes ?? 0)), 1, MostPanelGroups);

    /// <summary>The group's packed weights, and those of the second matrix, in their places or in `scratch`.</summary>
    public (nint First, nint Second) Weights(int group, byte* scratch, long half)
    {
        Linear linear = Locate(ref group, out _);
        return ((nint)linear.Weight.Group(group, scratch), Up == null ? 0 : (nint)Up.Weight.Group(group, scratch + half));
    }

    /// <summary>A group's outputs for up to 8 rows from `row` on: sums[t][16], of room for 4 x 8 x 16.</summary>
    public void Compute((nint First, nint Second) weights, int group, int row, int tokens, float* sums)
    {
        Linear linear = Locate(ref group, out _);
        linear.Multiply((byte*)weights.First, Inputs, row, tokens, sums);
        if (Up == null)
            return;
        float* up = sums + 2 * Lanes.Tokens * Lanes.Rows;
        Up.Multiply((byte*)weights.Second, Inputs, row, tokens, up);
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        for (int t = 0; t < tokens; t++)
        {
            if (linear.Bias != null)
                Blocks.Output.AddBias(sums + t * Lanes.Rows, linear.Bias + from, count);
            if (Up.Bias != null)
                Blocks.Output.AddBias(up + t * Lanes.Rows, Up.Bias + from, count);
        }
        SwiGlu.Compute(sums, up, tokens * Lanes.Rows, sums);
    }

    /// <summary>Puts a group's sums into their place.</summary>
    public void Store(int group, int row, int tokens, float* sums)
    {
        Linear linear = Locate(ref group, out int before);
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        float* bias = Up != null || linear.Bias == null ? null : linear.Bias + from;
        ReadOnlySpan<int> places = Places.Span;
        for (int t = 0; t < tokens; t++)
        {
            float* to = Output + (places.IsEmpty ? row + t : places[row + t]) * Stride + before + from;
            if (Add)
                Blocks.Output.Add(sums + t * Lanes.Rows, bias, count, to);
            else
                Blocks.Output.Store(sums + t * Lanes.Rows, bias, count, to);
        }
    }

    // The matrix that the group belongs to, its number there, and the outputs that stand before that matrix's.
    private Linear Locate(ref int group, out int before)
    {
        Linear linear = Linear;
        before = 0;
        foreach (Linear beside in Beside)
        {
            if (group < linear.Weight.Groups)
                break;
            group -= linear.Weight.Groups;
            before += linear.Outputs;
            linear = beside;
        }
        return linear;
    }
}

/// <summary>Such a product of up to 8 rows as a loop of a <see cref="Crew"/>.</summary>
internal sealed unsafe class MatrixLoop(Scratch scratch, int threads) : SharedLoop
{
    private readonly MatrixWork[] _taken = new MatrixWork[threads];

    /// <summary>What to do; set by the leader between two loops.</summary>
    public MatrixWork Work { get; set; }

    public override bool IsRepeatable => true;

    public override void Run(int thread, int first, int last)
    {
        MatrixWork work = Work;
        float* sums = scratch.Sums(thread);
        for (int group = first; group < last; group++)
        {
            work.Compute(work.Weights(group, scratch.Packed(thread), scratch.PackedBytes / 2), group, 0, work.Rows, sums);
            work.Store(group, 0, work.Rows, sums);
        }
    }

    public override bool Compute(int thread, int first, int last, Claim claim)
    {
        MatrixWork work = Work;
        if (!claim.IsValid)
            return false;
        _taken[thread] = work;
        float* sums = scratch.Sums(thread), results = scratch.Results(thread);
        int floats = work.Rows * Lanes.Rows;
        for (int group = first; group < last; group++, results += floats)
        {
            work.Compute(work.Weights(group, scratch.Packed(thread), scratch.PackedBytes / 2), group, 0, work.Rows, sums);
            new ReadOnlySpan<float>(sums, floats).CopyTo(new Span<float>(results, floats));
        }
        return true;
    }

    public override void Store(int thread, int first, int last)
    {
        MatrixWork work = _taken[thread];
        float* results = scratch.Results(thread);
        for (int group = first; group < last; group++, results += work.Rows * Lanes.Rows)
            work.Store(group, 0, work.Rows, results);
    }
}
