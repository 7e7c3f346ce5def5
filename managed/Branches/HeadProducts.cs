using Realm.Kernels;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>A matrix for each head, times the head's part of every row.</summary>
internal sealed unsafe class HeadProducts : IAsk
{
    private readonly Runs _runs;
    private readonly Matrices[] _heads;
    private readonly ManyMatricesLoop _loop;
    private SourceBuffer _source = null!;

    /// <param name="heads">All of one shape.</param>
    public HeadProducts(Linear[] heads)
    {
        _heads = Array.ConvertAll(heads, head => new Matrices(head));
        _runs = new Runs(heads.Length);
        _loop = new ManyMatricesLoop(_runs, _heads);
    }

    public void Ask(Needs needs)
    {
        int bits = _heads.Aggregate(0, (all, head) => all | head.Layouts.Bits);
        _source = needs.Source(new LayoutSet(bits), _heads[0].Inputs, _heads.Length, checked((Lanes.Tokens - 1) * _heads.Length));
        _loop.Ask(needs, _heads.Length);
    }

    /// <summary>output[row][head · outputStep ..] = W[head] · x[row][head · step ..]. Waits before, not at the end.</summary>
    public void Multiply(in Step step, RowView x, long headStep, RowView output, long outputStep)
    {
        Inputs inputs = step.Scratch.SharedInputs(_source);
        _runs.Set(step.Count);
        (int first, int last) = step.ShareTiles(_runs.Tiled * _heads.Length);
        for (int slot = first; slot < last; slot++)
        {
            int head = slot / _runs.Tiled, row = slot % _runs.Tiled;
            if (row < step.Count)
                inputs.Store(_source.Layouts, x[row] + head * headStep, slot);
        }
        step.Barrier();
        // A head's rows of the output stand where its run of slots stands.
        _loop.Set(step, inputs, output.Rows, output.Stride, outputStep - _runs.Tiled * output.Stride);
        step.Share(_loop, _loop.Count);
    }

    /// <summary>All rows for each head.</summary>
    private sealed class Runs(int heads) : RowRuns
    {
        private int _rows;

        /// <summary>Rows in whole tiles.</summary>
        public int Tiled { get; private set; }

        /// <summary>Every thread of a pass sets the same.</summary>
        public void Set(int rows)
        {
            _rows = rows;
            Tiled = (rows + Lanes.Tokens - 1) / Lanes.Tokens * Lanes.Tokens;
        }

        public override int Count => heads;

        public override int Matrix(int i) => i;

        public override (int First, int Count) Run(int matrix) => (matrix * Tiled, _rows);
    }
}
