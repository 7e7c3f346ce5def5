using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>
/// Residual connections across layers: some layers bank the stream and begin it anew; what is read is a mix of all that was banked and of the stream. The
/// banked ones are carried in the row behind the hidden state. (Kimi Team, 2026)
/// </summary>
internal static class Checkpoints
{
    /// <summary>The mix: the softmax of scores, of each its normed numbers times a weight.</summary>
    /// <param name="weight">(width)</param>
    /// <param name="width">The hidden size.</param>
    /// <param name="count">Checkpoints that were banked.</param>
    /// <param name="epsilon">Of the norm.</param>
    internal sealed unsafe class Mix(float* weight, int width, int count, float epsilon)
    {
        /// <summary>Checkpoints that were banked.</summary>
        public int Count => count;

        /// <summary>output = mix of a row: (1 + checkpoints, width), the stream first.</summary>
        public void Compute(float* row, float* output)
        {
            if (count == 0)
            {
                new ReadOnlySpan<float>(row, width).CopyTo(new Span<float>(output, width));
                return;
            }
            // The stream is the last of them.
            float* scores = stackalloc float[count + 1];
            for (int i = 0; i <= count; i++)
                scores[i] = Score(Part(row, i), output);
            RouterScores.Apply(RouterScore.Softmax, scores, count + 1);
            for (int i = 0; i <= count; i++)
            {
                float* part = Part(row, i);
                for (int d = 0; d < width; d++)
                    output[d] = i == 0 ? part[d] * scores[i] : MathF.FusedMultiplyAdd(part[d], scores[i], output[d]);
            }
        }

        private float* Part(float* row, int i) => i == count ? row : row + (long)(i + 1) * width;

        private float Score(float* part, float* room)
        {
            RmsNorm.Compute(part, weight, epsilon, width, room);
            return LayerNorm.Sum(room, width);
        }
    }

    /// <summary>A layer's part: the branch reads the normed mix; its result is added to the stream, or, where that is banked first, becomes the stream.</summary>
    internal sealed unsafe class Part(Mix mix, bool banks, Norm norm, Branch branch) : Block
    {
        private RowBuffer _mixed = null!;
        private RowBuffer _result = null!;
        private RowBuffer? _normed;
        private SourceBuffer _source = null!;

        public override void Ask(Needs needs)
        {
            _mixed = needs.Rows(needs.Hidden);
            _result = needs.Rows(needs.Hidden);
            _normed = branch.Reads.Numbers ? needs.Rows(needs.Hidden) : null;
            _source = needs.Source(branch.Reads.Layouts, needs.Hidden);
            needs.Children(branch);
        }

        public override void Forward(in Step step)
        {
            int width = _source.Columns;
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                float* x = step.Stream[row];
                mix.Compute(x, _mixed.Row(row));
                if (!banks)
                    continue;
                new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(x + (mix.Count + 1L) * width, width));
                new Span<float>(x, width).Clear();
            }
            step.Barrier();
            branch.Forward(step, step.Read(_mixed.View, step.Count, norm, _source, _normed), _result);       // (rows, hidden)
            step.AddNormed(_result, null, 1f);
        }
    }

    /// <summary>Logits of the mix.</summary>
    internal sealed unsafe class MixedExit(Mix mix, Norm norm, Linear head) : Exit(norm, head)
    {
        protected override void Collect(float* row, float* hidden) => mix.Compute(row, hidden);
    }
}
