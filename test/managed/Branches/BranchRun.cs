using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Formats;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Tests.Branches;

/// <summary>Blocks run by themselves, over rows of a stream, with weights made up on the spot.</summary>
internal sealed unsafe class BranchRun(int hidden, int rowSize = 0) : IDisposable
{
    private readonly List<nint> _memory = [];
    private readonly int _rowSize = rowSize == 0 ? hidden : rowSize;

    /// <summary>Numbers around zero with this deviation.</summary>
    public static float[] Normal(Random random, int count, double deviation = 1)
    {
        float[] x = new float[count];
        for (int i = 0; i < count; i++)
            x[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return x;
    }

    /// <summary>Values in memory that lives as long as this.</summary>
    public float* Vector(float[] values)
    {
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)values.Length * sizeof(float), 64);
        _memory.Add((nint)memory);
        values.CopyTo(new Span<float>(memory, values.Length));
        return memory;
    }

    /// <summary>A linear map of single-precision weights, (outputs, inputs).</summary>
    public Linear Linear(float[] weights, int outputs, float[]? bias = null)
    {
        WeightFormat format = Realm.Formats.Formats.All.First(format => format.Name == "F32");
        return new Linear(format.CreateWeight((byte*)Vector(weights), outputs, weights.Length / outputs), 1f, bias == null ? null : Vector(bias));
    }

    /// <summary>The stream, (rows, row size), after a block; rows come `chunk` at a time, as one sequence.</summary>
    public float[] Run(Block block, float[] x, int chunk, int threads = 2, StatePlan? plan = null, RopeTable? rope = null)
    {
        float[] output = new float[x.Length];
        plan ??= new StatePlan(CacheType.F32, 1, 1024);
        using SequenceState state = new(plan);
        Needs needs = new(hidden, packed: false);
        RowBuffer stream = needs.Rows(_rowSize);
        rope?.Ask(needs);
        needs.Children(block);
        using Scratch scratch = new(needs, threads);
        using RowSet rows = new();
        // Goes first: a helper may still be at what the leader has done without it.
        using WorkerPool pool = new(threads);
        int all = x.Length / _rowSize;
        for (int row = 0; row < all; row += chunk)
        {
            int count = Math.Min(chunk, all - row);
            state.Reserve(row, count);
            scratch.Reserve(count);
            rows.Reserve(count);
            rows.Clear();
            rows.Add(state, row, count);
            scratch.Reserve(rows);
            x.AsSpan(row * _rowSize, count * _rowSize).CopyTo(new Span<float>(stream.Memory, count * _rowSize));
            Pass pass = new(block, pool, scratch, rows, stream, rope);
            if (count <= 8)
                pool.Lead(pass);
            else
                pool.Run(pass);
            if (scratch.Failure is { } failure)
                throw failure;
            new Span<float>(stream.Memory, count * _rowSize).CopyTo(output.AsSpan(row * _rowSize));
            state.Commit(0, row + count);
        }
        return output;
    }

    public void Dispose()
    {
        foreach (nint memory in _memory)
            NativeMemory.AlignedFree((void*)memory);
        _memory.Clear();
    }

    private sealed class Pass(Block block, WorkerPool pool, Scratch scratch, RowSet rows, RowBuffer stream, RopeTable? rope) : IPass
    {
        public void Run(int thread)
        {
            Step step = rows.Count <= 8 ? new(pool.Helpers, scratch, rows, stream.View)
                : new(thread, pool.Threads, pool.Barrier, scratch, rows, stream.View);
            rope?.Fill(step);
            step.Barrier();
            block.Forward(step);
        }
    }
}
