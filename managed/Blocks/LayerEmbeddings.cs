using Realm.Passes;

namespace Realm.Blocks;

/// <summary>
/// Embeddings of a token for each layer, carried in the row behind the hidden state: (layers, size). They come from a table of their own, and a
/// projection of the token's embedding is added before the first layer. (Gemma Team, 2025)
/// </summary>
internal static class LayerEmbeddings
{
    /// <summary>Rows of hidden state, perhaps of several streams, and layer embeddings.</summary>
    internal sealed unsafe class TokenEntry(EmbeddingRows embedding, float scale, EmbeddingRows table, float tableScale, int streams = 1) : Entry(embedding, scale)
    {
        private readonly int _width = embedding.Width;

        public override int RowSize => checked(_width * streams + table.Width);

        public override void Fill(int token, float* row, float[]? strengths)
        {
            base.Fill(token, row, strengths);
            float* carried = row + (long)_width * streams;
            new Span<float>(row + _width, _width * (streams - 1)).Clear();
            table.Read(token, carried);
            for (int i = 0; i < table.Width; i++)
                carried[i] *= tableScale;
        }
    }

    /// <summary>carried = (norm of each layer's part of scale · projection · x + carried) / sqrt(2); before the first layer.</summary>
    internal sealed unsafe class Projected(Linear projection, float scale, Norm norm, int streams = 1) : Block
    {
        private readonly Matrices _projection = new(projection);
        private RowBuffer _parts = null!;
        private SourceBuffer _source = null!;

        public override void Ask(Needs needs)
        {
            needs.Product(_projection);
            _parts = needs.Rows(projection.Outputs);
            _source = needs.Source(_projection.Layouts, needs.Hidden);
        }

        public override void Forward(in Step step)
        {
            Source x = step.Read(step.Stream, step.Count, null, _source);
            step.Project(_projection, x, new Target(_parts.Memory, _parts.Floats, add: false, scale));       // (rows, layers · size)
            step.Barrier();
            float half = MathF.Sqrt(0.5f);
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                float* parts = _parts.Row(row), carried = step.Stream[row] + (long)_source.Columns * streams;
                for (int at = 0; at < projection.Outputs; at += norm.Size)
                    norm.Apply(parts + at);
                for (int i = 0; i < projection.Outputs; i++)
                    carried[i] = (parts[i] + carried[i]) * half;
            }
            step.Barrier();
        }
    }

    /// <summary>x += norm(up(f(gate(x)) · the layer's embedding)); of several streams the first is read and all others are changed.</summary>
    /// <param name="gate">From the stream to a layer's embedding.</param>
    /// <param name="activation">f</param>
    /// <param name="up">Back to the stream.</param>
    /// <param name="norm">Of the result.</param>
    /// <param name="layer">Which embedding.</param>
    /// <param name="streams">Streams.</param>
    /// <param name="before">What the stream is read through; null: nothing.</param>
    internal sealed unsafe class Added(Linear gate, Activation activation, Linear up, Norm norm, int layer, int streams = 1, Norm? before = null) : Block
    {
        private readonly Matrices _gate = Matrices.Activated(gate, activation);
        private readonly Matrices _up = new(up);
        private RowBuffer _gated = null!;
        private RowBuffer _result = null!;
        private SourceBuffer _source = null!;
        private SourceBuffer _inner = null!;

        public override void Ask(Needs needs)
        {
            needs.Product(_gate);
            needs.Product(_up);
            _gated = needs.Rows(gate.Outputs);
            _result = needs.Rows(needs.Hidden);
            _source = needs.Source(_gate.Layouts, needs.Hidden);
            _inner = needs.Source(_up.Layouts, gate.Outputs);
        }

        public override void Forward(in Step step)
        {
            step.Project(_gate, step.Read(step.Stream, step.Count, before, _source), _gated);                // (rows, size)
            step.Barrier();
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                float* gated = _gated.Row(row), carried = step.Stream[row] + (long)_source.Columns * streams + (long)layer * gate.Outputs;
                for (int i = 0; i < gate.Outputs; i++)
                    gated[i] *= carried[i];
            }
            step.Barrier();
            step.Project(_up, step.Load(_gated, _inner), _result);                                           // (rows, hidden)
            step.Barrier();
            for (int row = first; row < last; row++)
            {
                norm.Apply(_result.Row(row));
                for (int stream = streams == 1 ? 0 : 1; stream < streams; stream++)
                    step.Into(add: true).From((long)stream * _source.Columns).Put(row, _result.Row(row), _source.Columns);
            }
            step.Barrier();
        }
    }
}
