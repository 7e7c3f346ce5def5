using Realm.Formats;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// One thread's view of a pass. All threads run the same code over the same rows; each method below takes this thread's share and,
/// where it says so, waits for the others. That makes a layer read as if one thread ran it.
/// </summary>
internal readonly unsafe struct Step(int thread, int threads, SpinBarrier barrier, Scratch scratch, Rows rows)
{
    public int Thread { get; } = thread;

    public int Threads { get; } = threads;

    public Scratch Scratch { get; } = scratch;

    public Rows Rows { get; } = rows;

    public int Count => Rows.Count;

    /// <summary>Waits until all threads are here.</summary>
    public void Barrier() => barrier.Wait();

    /// <summary>This thread's part of 0..`items`.</summary>
    public (int First, int Last) Share(int items) => ((int)((long)items * Thread / Threads), (int)((long)items * (Thread + 1) / Threads));

    /// <summary>This thread's rows of activations: whole tiles, since one thread fills a tile; a single row is for each thread.</summary>
    public (int First, int Last) ShareRows(int rows)
    {
        if (rows == 1)
            return (0, 1);
        (int first, int last) = Share((rows + Lanes.Tokens - 1) / Lanes.Tokens);
        return (Math.Min(rows, first * Lanes.Tokens), Math.Min(rows, last * Lanes.Tokens));
    }

    /// <summary>Shares out 0..`items` in portions; all threads must come by here.</summary>
    public Deal Deal(int items) => new(Thread, Threads, items, Scratch.Counters.Next(Thread));

    /// <summary>Root-mean-square norm of each of `rows` rows of x (rows, columns), stored as activations in the layouts of the set.
    /// `pick` says which rows of x to take; null: the first `rows`. Waits.</summary>
    public Inputs Norm(float* x, int rows, int columns, float* weight, float epsilon, LayoutSet layouts, int* pick = null)
    {
        Inputs inputs = Scratch.Inputs(rows, columns, Thread);
        (int first, int last) = ShareRows(rows);
        for (int row = first; row < last; row++)
        {
            float* normed = Scratch.Row(Thread);
            RmsNorm.Compute(x + (long)(pick == null ? row : pick[row]) * columns, weight, epsilon, columns, normed);
            inputs.Store(layouts, normed, row);
        }
        if (rows > 1)
            Barrier();
        return inputs;
    }

    /// <summary>Rows of x (rows, columns), stored as activations in the layouts of the set. Waits.</summary>
    public Inputs Load(float* x, int rows, int columns, LayoutSet layouts)
    {
        Inputs inputs = Scratch.Inputs(rows, columns, Thread);
        (int first, int last) = ShareRows(rows);
        for (int row = first; row < last; row++)
            inputs.Store(layouts, x + (long)row * columns, row);
        if (rows > 1)
            Barrier();
        return inputs;
    }

    /// <summary>output (rows, outputs) = W·x + b, rows `stride` apart. This thread's groups of 16 outputs; does not wait.</summary>
    public void Project(Linear linear, Inputs inputs, int rows, float* output, long stride) =>
        Multiply(linear, inputs, rows, output, stride, add: false, default);

    /// <summary>The same, but row i goes to row `places`[i] of the output.</summary>
    public void ProjectTo(ReadOnlySpan<int> places, Linear linear, Inputs inputs, float* output, long stride) =>
        Multiply(linear, inputs, places.Length, output, stride, add: false, places);

    /// <summary>x (rows, outputs) += W·inputs + b. This thread's groups of 16 outputs; waits.</summary>
    public void ProjectAdd(Linear linear, Inputs inputs, int rows, float* x)
    {
        Multiply(linear, inputs, rows, x, linear.Outputs, add: true, default);
        Barrier();
    }

    private void Multiply(Linear linear, Inputs inputs, int rows, float* output, long stride, bool add, ReadOnlySpan<int> places)
    {
        Weight weight = linear.Weight;
        float* sums = Scratch.Sums(Thread);
        Deal deal = Deal(weight.Groups);
        while (deal.Next(out int first, out int last))
        {
            for (int group = first; group < last; group++)
            {
                byte* packed = weight.Group(group, Scratch.Packed(Thread));
                int from = group * Lanes.Rows;
                int count = Math.Min(Lanes.Rows, weight.Rows - from);
                float* bias = linear.Bias == null ? null : linear.Bias + from;
                for (int row = 0; row < rows; row += Lanes.Tokens)
                {
                    int tokens = Math.Min(Lanes.Tokens, rows - row);
                    linear.Multiply(packed, inputs, row, tokens, sums);
                    for (int t = 0; t < tokens; t++)
                    {
                        float* to = output + (places.IsEmpty ? row + t : places[row + t]) * stride + from;
                        if (add)
                            Output.Add(sums + t * Lanes.Rows, bias, count, to);
                        else
                            Output.Store(sums + t * Lanes.Rows, bias, count, to);
                    }
                }
            }
        }
    }

    /// <summary>output (rows, outputs) = silu(gate·inputs) · (up·inputs). This thread's groups of 16 outputs; waits.</summary>
    public void ProjectGated(Linear gate, Linear up, Inputs inputs, int rows, float* output)
    {
        float* sums = Scratch.Sums(Thread), upSums = sums + 2 * Lanes.Tokens * Lanes.Rows;
        int outputs = gate.Outputs;
        Deal deal = Deal(gate.Weight.Groups);
        while (deal.Next(out int first, out int last))
        {
            for (int group = first; group < last; group++)
            {
                byte* packedGate = gate.Weight.Group(group, Scratch.Packed(Thread));
                byte* packedUp = up.Weight.Group(group, Scratch.Packed(Thread) + Scratch.PackedBytes / 2);
                int from = group * Lanes.Rows;
                int count = Math.Min(Lanes.Rows, outputs - from);
                for (int row = 0; row < rows; row += Lanes.Tokens)
                {
                    int tokens = Math.Min(Lanes.Tokens, rows - row);
                    gate.Multiply(packedGate, inputs, row, tokens, sums);
                    up.Multiply(packedUp, inputs, row, tokens, upSums);
                    for (int t = 0; t < tokens; t++)
                    {
                        float* g = sums + t * Lanes.Rows, u = upSums + t * Lanes.Rows;
                        if (gate.Bias != null)
                            Output.AddBias(g, gate.Bias + from, count);
                        if (up.Bias != null)
                            Output.AddBias(u, up.Bias + from, count);
                        SwiGlu.Compute(g, u, Lanes.Rows, g);
                        Output.Store(g, null, count, output + (long)(row + t) * outputs + from);
                    }
                }
            }
        }
        Barrier();
    }
}
