using Realm.Branches;
using Realm.Kernels;
using Realm.Kernels.Functions;
using Realm.Passes;
using System.Runtime.Intrinsics;

namespace Realm.Blocks;

/// <summary>
/// Several residual streams side by side in a row, (streams, width). A branch reads a gated mean of all; its result is added to each, as strongly as the
/// streams themselves say. (Zhu et al., 2024; gates of low rank: Qwen Team, 2026)
/// </summary>
internal static class HyperConnections
{
    /// <summary>All streams begin as the token's embedding. Behind them the token's number, where a later layer wants it; it must be below 2^24, so that
    /// single precision holds it.</summary>
    internal sealed unsafe class StreamsEntry(EmbeddingRows embedding, int streams, bool keepsToken) : Entry(embedding)
    {
        private readonly int _width = embedding.Width;

        public override int RowSize => checked(_width * streams + (keepsToken ? 1 : 0));

        public override void Fill(int token, float* row, float[]? strengths)
        {
            base.Fill(token, row, strengths);
            for (int i = 1; i < streams; i++)
                new ReadOnlySpan<float>(row, _width).CopyTo(new Span<float>(row + (long)i * _width, _width));
            if (keepsToken)
                row[(long)_width * streams] = token;
        }
    }

    /// <summary>mixed = mean over streams of n · sigmoid(up · silu(down · n / streams)), with n the norm of each stream.</summary>
    /// <param name="norm">Of all streams, each for itself.</param>
    /// <param name="down">From all streams to a low-rank form.</param>
    /// <param name="up">From there to the gates of all streams' numbers.</param>
    /// <param name="streams">Streams.</param>
    /// <param name="shares">From all streams to one number for each; null: none.</param>
    internal sealed unsafe class Mix(Norm norm, Linear down, Linear up, int streams, Linear? shares = null) : IAsk
    {
        private readonly Matrices _down = shares == null ? new(down) : new(down, shares);
        private readonly Matrices _up = new(up);
        private RowBuffer _low = null!;
        private RowBuffer _normed = null!;
        private RowBuffer _gates = null!;
        private SourceBuffer _wide = null!;
        private SourceBuffer _inner = null!;

        /// <summary>Streams.</summary>
        public int Streams => streams;

        public void Ask(Needs needs)
        {
            needs.Product(_down);
            needs.Product(_up);
            _low = needs.Rows(_down.Outputs);
            _normed = needs.Rows(norm.Size);
            _gates = needs.Rows(norm.Size);
            _wide = needs.Source(_down.Layouts, norm.Size);
            _inner = needs.Source(_up.Layouts, down.Outputs);
        }

        /// <summary>mixed (count, width) of rows of x, those that `pick` names, or the first. Waits.</summary>
        public void Forward(in Step step, RowView x, int count, int* pick, RowView mixed)
        {
            Source n = step.Read(x, count, norm, _wide, _normed, pick);                             // (count, streams · width)
            step.Project(_down, n, new Target(_low.Memory, _low.Floats, add: false, 1f / streams), pick);
            step.Barrier();
            (int first, int last) = step.Share(count);
            for (int row = first; row < last; row++)
                Gating.Sigmoid(_low.Row(row), _low.Row(row), down.Outputs);
            step.Barrier();
            step.Project(_up, step.Read(_low.View, count, null, _inner), _gates, pick);             // (count, streams · width)
            step.Barrier();
            for (int row = first; row < last; row++)
            {
                Gating.Sigmoid(_gates.Row(row), _normed.Row(row), norm.Size);
                Mean(_normed.Row(row), mixed[row]);
            }
            step.Barrier();
        }

        /// <summary>How strongly a branch's result is added to a stream of a row of the last <see cref="Forward"/>: 1 where the streams say nothing.</summary>
        public float Share(int row, int stream) =>
            2f * Sigmoid.Compute(Vector256.CreateScalar(_low.Row(row)[down.Outputs + stream])).ToScalar();

        private void Mean(float* all, float* output)
        {
            int width = norm.Size / streams;
            for (int i = 0; i < width; i++)
            {
                float sum = all[i];
                for (int stream = 1; stream < streams; stream++)
                    sum += all[(long)stream * width + i];
                output[i] = sum * (1f / streams);
            }
        }
    }

    /// <summary>A layer's part: the branch reads the mix; each stream += its share · the branch's result.</summary>
    internal sealed unsafe class Part(Mix mix, Branch branch) : Block
    {
        private RowBuffer _mixed = null!;
        private RowBuffer _result = null!;
        private RowBuffer? _numbers;
        private SourceBuffer _source = null!;

        public override void Ask(Needs needs)
        {
            _mixed = needs.Rows(needs.Hidden);
            _result = needs.Rows(needs.Hidden);
            _numbers = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
            _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
            // The shares are read behind the branch: what the mix wrote must not be written over.
            mix.Ask(needs);
            needs.Children(branch);
        }

        public override void Forward(in Step step)
        {
            mix.Forward(step, step.Stream, step.Count, null, _mixed.View);                          // (rows, width)
            branch.Forward(step, step.Read(_mixed.View, step.Count, null, _source, _numbers), _result);
            int width = _source.Columns;
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                for (int stream = 0; stream < mix.Streams; stream++)
                    new Target(step.Stream[row] + (long)stream * width, 0, add: true, mix.Share(row, stream)).Put(0, _result.Row(row), width);
            }
            step.Barrier();
        }
    }

    /// <summary>Logits of the mix, which is the final norm.</summary>
    internal sealed unsafe class MixedExit(Mix mix, Linear head) : Exit(null, head)
    {
        public override void Ask(Needs needs)
        {
            base.Ask(needs);
            mix.Ask(needs);
        }

        protected override void Collect(in Step step, int* wanted, int count, RowView hidden) => mix.Forward(step, step.Stream, count, wanted, hidden);
    }
}
