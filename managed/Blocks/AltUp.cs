using Realm.Kernels;
using Realm.Passes;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Blocks;

/// <summary>
/// Alternating updates: several streams side by side in a row, (streams, width), of which a layer computes the first only. What the others become is
/// predicted before it from all, and corrected after it by how far the first came out otherwise than predicted. (Baykal et al., 2023)
/// </summary>
internal static unsafe class AltUp
{
    /// <summary>The most streams.</summary>
    public const int MostStreams = 16;

    /// <summary>Before the first layer: each further stream becomes its matrix times the first, as long as the first.</summary>
    /// <param name="projections">From the first stream to each of the others.</param>
    internal sealed class Spread(Linear[] projections) : Block
    {
        private readonly Matrices _projections = new(projections);
        private readonly int _width = projections[0].Outputs;
        private SourceBuffer _source = null!;

        public override void Ask(Needs needs)
        {
            needs.Product(_projections);
            _source = needs.Source(_projections.Layouts, _width);
        }

        public override void Forward(in Step step)
        {
            Source x = step.Read(step.Stream, step.Count, null, _source);
            step.Project(_projections, x, step.Into(add: false).From(_width));              // (rows, (streams - 1) · width)
            step.Barrier();
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
                AlignLengths(step.Stream[row], step.Stream[row] + _width, _width, projections.Length);
            step.Barrier();
        }
    }

    /// <summary>What a stream says of all others: tanh(matrix · norm(x) / width), a number for each stream.</summary>
    internal sealed class Router(Norm norm, Linear matrix) : IAsk
    {
        private readonly Matrices _matrix = new(matrix);
        private RowBuffer _said = null!;
        private SourceBuffer _source = null!;

        /// <summary>Streams.</summary>
        public int Streams => matrix.Outputs;

        public void Ask(Needs needs)
        {
            needs.Product(_matrix);
            _said = needs.Rows(checked((matrix.Outputs + 7) / 8 * 8));
            _source = needs.Source(_matrix.Layouts, norm.Size);
        }

        /// <summary>Of the first stream of all rows. Waits.</summary>
        public void Forward(in Step step)
        {
            Source n = step.Read(step.Stream, step.Count, norm, _source);
            step.Project(_matrix, n, new Target(_said.Memory, _said.Floats, add: false, 1f / norm.Size));     // (rows, streams)
            step.Barrier();
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
                Activation.Tanh.Apply(_said.Row(row), (int)_said.Floats);
            step.Barrier();
        }

        /// <summary>The i-th row of a matrix (any, streams) times what was said of a row of the pass.</summary>
        public float Weigh(float* matrix, int i, int row)
        {
            float* said = _said.Row(row), weights = matrix + (long)i * Streams;
            float sum = 0;
            for (int j = 0; j < Streams; j++)
                sum = MathF.FusedMultiplyAdd(weights[j], said[j], sum);
            return sum;
        }
    }

    /// <summary>A layer: prediction, the layer's parts on the first stream, correction.</summary>
    /// <param name="router">Before and after.</param>
    /// <param name="predicts">(streams, streams, streams): of each stream the share of each, of what the router says.</param>
    /// <param name="corrects">(streams, streams): each stream's share of the difference, less one, of what the router says.</param>
    /// <param name="width">Width of a stream.</param>
    /// <param name="parts">The layer's parts.</param>
    internal sealed class Layer(Router router, float* predicts, float* corrects, int width, params Block[] parts) : Block
    {
        private RowBuffer _predicted = null!;

        public override void Ask(Needs needs)
        {
            _predicted = needs.Rows(width);
            router.Ask(needs);
            needs.Children(parts);
        }

        public override void Forward(in Step step)
        {
            router.Forward(step);
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
                Predict(step.Stream[row], row);
            step.Barrier();
            foreach (Block part in parts)
                part.Forward(step);
            router.Forward(step);
            for (int row = first; row < last; row++)
                Correct(step.Stream[row], row);
            step.Barrier();
        }

        // x_i += sum of share(i, j) · x_j, all at once.
        private void Predict(float* x, int row)
        {
            int streams = router.Streams;
            float* shares = stackalloc float[streams * streams];
            for (int i = 0; i < streams * streams; i++)
                shares[i] = router.Weigh(predicts, i, row);
            Vector256<float>* wide = stackalloc Vector256<float>[streams];
            int d = 0;
            for (; d <= width - 8; d += 8)
            {
                for (int j = 0; j < streams; j++)
                    wide[j] = Vector256.Load(x + (long)j * width + d);
                for (int i = 0; i < streams; i++)
                    (Mix(shares + i * streams, wide, streams) + wide[i]).Store(x + (long)i * width + d);
            }
            for (; d < width; d++)
            {
                for (int j = 0; j < streams; j++)
                    wide[j] = Vector256.CreateScalar(x[(long)j * width + d]);
                for (int i = 0; i < streams; i++)
                    x[(long)i * width + d] = (Mix(shares + i * streams, wide, streams) + wide[i]).ToScalar();
            }
            new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(_predicted.Row(row), width));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Mix(float* shares, Vector256<float>* x, int streams)
        {
            Vector256<float> sum = Vector256.Create(shares[0]) * x[0];
            for (int j = 1; j < streams; j++)
                sum = Vector256.FusedMultiplyAdd(Vector256.Create(shares[j]), x[j], sum);
            return sum;
        }

        // x_i = predicted_i + share(i) · (computed - predicted of the first).
        private void Correct(float* x, int row)
        {
            float* predicted = _predicted.Row(row);
            for (int d = 0; d < width; d++)
                (x[d], predicted[d]) = (predicted[d], x[d] - predicted[d]);
            for (int i = 0; i < router.Streams; i++)
                new Target(x + (long)i * width, 0, add: true, router.Weigh(corrects, i, row) + 1f).Put(0, predicted, width);
        }
    }

    /// <summary>Logits of the mean of all streams, those behind the first through matrices of their own and as long as the first.</summary>
    internal sealed class MergedExit(Linear[] projections, Norm norm, Linear head, float? cap) : Exit(norm, head, cap: cap)
    {
        private readonly Matrices[] _projections = Array.ConvertAll(projections, projection => new Matrices(projection));
        private readonly int _width = projections[0].Outputs;
        private RowBuffer _merged = null!;
        private SourceBuffer _inner = null!;

        public override void Ask(Needs needs)
        {
            base.Ask(needs);
            foreach (Matrices projection in _projections)
                needs.Product(projection);
            _merged = needs.Rows((long)_width * projections.Length);
            _inner = needs.Source(new LayoutSet(_projections.Aggregate(0, (bits, matrices) => bits | matrices.Layouts.Bits)), _width);
        }

        protected override void Collect(in Step step, int* wanted, int count, RowView hidden)
        {
            for (int i = 0; i < projections.Length; i++)
            {
                Source x = step.Read(new RowView(step.Stream.Rows + (i + 1L) * _width, step.Stream.Stride), count, null, _inner, pick: wanted);
                step.Project(_projections[i], x, new Target(_merged.Memory + (long)i * _width, _merged.Floats), wanted);
                step.Barrier();
            }
            (int first, int last) = step.Share(count);
            for (int row = first; row < last; row++)
                Merge(step.Stream[wanted[row]], _merged.Row(row), hidden[row]);
            step.Barrier();
        }

        private void Merge(float* x, float* others, float* mean)
        {
            AlignLengths(x, others, _width, projections.Length);
            for (int d = 0; d < _width; d++)
            {
                float sum = x[d];
                for (int i = 0; i < projections.Length; i++)
                    sum += others[(long)i * _width + d];
                mean[d] = sum * (1f / (projections.Length + 1));
            }
        }
    }

    // Makes `count` vectors as long as x.
    private static void AlignLengths(float* x, float* others, int width, int count)
    {
        float length = MathF.Sqrt(RmsNorm.SumOfSquares(x, width));
        for (int i = 0; i < count; i++)
        {
            float* other = others + (long)i * width;
            float scale = length / MathF.Sqrt(RmsNorm.SumOfSquares(other, width));
            for (int d = 0; d < width; d++)
                other[d] *= scale;
        }
    }
}
