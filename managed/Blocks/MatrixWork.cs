using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// A product of inputs (rows, columns) with matrices, in groups of 16 outputs: output = W·x + b, or output += that; or, of a gate and an
/// up matrix, output = silu(gate·x) · (up·x).
/// </summary>
internal readonly unsafe struct MatrixWork()
{
    public required Matrices Matrices { get; init; }

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

    /// <summary>The group's packed weights, and those of the up matrix, in their places or in `scratch`, of <see cref="Matrices.GroupBytes"/>.</summary>
    public (nint First, nint Second) Weights(int group, byte* scratch)
    {
        byte* first = Matrices.Group(group, scratch);
        return Matrices.Up is { Weight: { } up } ? ((nint)first, (nint)up.Group(group, scratch + Matrices.GroupBytes - Matrices.LinesOf(up))) : ((nint)first, 0);
    }

    /// <summary>A group's outputs for up to 8 rows from `row` on: sums[t][16], of room for 4 x 8 x 16.</summary>
    public void Compute((nint First, nint Second) weights, int group, int row, int tokens, float* sums)
    {
        Multiply((byte*)weights.First, group, row, tokens, sums);
        if (Matrices.Up == null)
            return;
        float* up = sums + 2 * Lanes.Tokens * Lanes.Rows;
        Matrices.Up.Multiply((byte*)weights.Second, Inputs, row, tokens, up);
        Gate(group, tokens, sums, up);
    }

    /// <summary>The same for all rows, up to 8, of groups first..last: results[group][row][16]. Each matrix is read in one go.</summary>
    /// <param name="first">The first group.</param>
    /// <param name="last">The end.</param>
    /// <param name="scratch">Room for a group.</param>
    /// <param name="sums">Room for 4 x 8 x 16.</param>
    /// <param name="results">Room for the results.</param>
    public void Compute(int first, int last, byte* scratch, float* sums, float* results)
    {
        int floats = Rows * Lanes.Rows;
        for (int group = first; group < last; group++)
        {
            Multiply(Matrices.Group(group, scratch), group, 0, Rows, sums);
            new ReadOnlySpan<float>(sums, floats).CopyTo(new Span<float>(results + (group - first) * floats, floats));
        }
        if (Matrices.Up is not { } up)
            return;
        for (int group = first; group < last; group++)
        {
            up.Multiply(up.Weight.Group(group, scratch), Inputs, 0, Rows, sums);
            Gate(group, Rows, results + (group - first) * floats, sums);
        }
    }

    private void Multiply(byte* weights, int group, int row, int tokens, float* sums) =>
        Matrices.Locate(ref group, out _).Multiply(weights, Inputs, row, tokens, sums);

    // gate = silu(gate) · up, [tokens][16].
    private void Gate(int group, int tokens, float* gate, float* up)
    {
        Linear linear = Matrices.Locate(ref group, out _);
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        for (int t = 0; t < tokens; t++)
        {
            if (linear.Bias != null)
                Blocks.Output.AddBias(gate + t * Lanes.Rows, linear.Bias + from, count);
            if (Matrices.Up!.Bias != null)
                Blocks.Output.AddBias(up + t * Lanes.Rows, Matrices.Up.Bias + from, count);
        }
        SwiGlu.Compute(gate, up, tokens * Lanes.Rows, gate);
    }

    /// <summary>Puts a group's sums into their place.</summary>
    public void Store(int group, int row, int tokens, float* sums)
    {
        Linear linear = Matrices.Locate(ref group, out int before);
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        float* bias = Matrices.Up != null || linear.Bias == null ? null : linear.Bias + from;
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
}
