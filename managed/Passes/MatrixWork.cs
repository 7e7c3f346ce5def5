using Realm.Kernels;

namespace Realm.Passes;

/// <summary>
/// A product of inputs (rows, columns) with matrices, in groups of 16 outputs: output = W·x + b, perhaps through an activation, or, of a gate and an
/// up matrix, output = activation(gate·x) · (up·x); to be stored in the target or added to it.
/// </summary>
internal readonly unsafe struct MatrixWork()
{
    public required Matrices Matrices { get; init; }

    public required Inputs Inputs { get; init; }

    /// <summary>Rows of inputs.</summary>
    public required int Rows { get; init; }

    public required Target Target { get; init; }

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
        if (Matrices.Activation is not { } activation)
            return;
        if (Matrices.Up == null)
        {
            Activate(activation, group, tokens, sums);
            return;
        }
        float* up = sums + 2 * Lanes.Tokens * Lanes.Rows;
        Matrices.Up.Multiply((byte*)weights.Second, Inputs, row, tokens, up);
        Gate(activation, group, tokens, sums, up);
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
        if (Matrices.Activation is not { } activation)
            return;
        if (Matrices.Up is not { } up)
        {
            for (int group = first; group < last; group++)
                Activate(activation, group, Rows, results + (group - first) * floats);
            return;
        }
        for (int group = first; group < last; group++)
        {
            up.Multiply(up.Weight.Group(group, scratch), Inputs, 0, Rows, sums);
            Gate(activation, group, Rows, results + (group - first) * floats, sums);
        }
    }

    private void Multiply(byte* weights, int group, int row, int tokens, float* sums) =>
        Matrices.Locate(ref group, out _).Multiply(weights, Inputs, row, tokens, sums);

    // sums = activation(sums), [tokens][16].
    private void Activate(Activation activation, int group, int tokens, float* sums)
    {
        AddBias(Matrices.Locate(ref group, out _), group, tokens, sums);
        activation.Apply(sums, tokens * Lanes.Rows);
    }

    // gate = activation(gate) · up, [tokens][16].
    private void Gate(Activation activation, int group, int tokens, float* gate, float* up)
    {
        AddBias(Matrices.Locate(ref group, out _), group, tokens, gate);
        AddBias(Matrices.Up!, group, tokens, up);
        activation.Gate(gate, up, tokens * Lanes.Rows);
    }

    private static void AddBias(Linear linear, int group, int tokens, float* sums)
    {
        if (linear.Bias == null)
            return;
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        for (int t = 0; t < tokens; t++)
            Passes.Output.AddBias(sums + t * Lanes.Rows, linear.Bias + from, count);
    }

    /// <summary>Puts a group's sums into their place.</summary>
    public void Store(int group, int row, int tokens, float* sums)
    {
        Linear linear = Matrices.Locate(ref group, out int before);
        int from = group * Lanes.Rows, count = Math.Min(Lanes.Rows, linear.Outputs - from);
        // Before an activation the bias was added.
        float* bias = Matrices.Activation != null || linear.Bias == null ? null : linear.Bias + from;
        for (int t = 0; t < tokens; t++)
        {
            float* to = Target[row + t] + before + from;
            if (Target.Scale != 1f)
                Passes.Output.Scale(sums + t * Lanes.Rows, bias, count, Target.Scale);
            if (Target.Add)
                Passes.Output.Add(sums + t * Lanes.Rows, Target.Scale == 1f ? bias : null, count, to);
            else
                Passes.Output.Store(sums + t * Lanes.Rows, Target.Scale == 1f ? bias : null, count, to);
        }
    }
}
