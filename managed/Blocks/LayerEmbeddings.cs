using Realm.Passes;

namespace Realm.Blocks;

/// <summary>
/// Embeddings of a token for each layer, carried in the row behind the hidden state: (layers, size). They come from a table of their own, and a
/// projection of the token's embedding is added before the first layer. (Gemma Team, 2025)
/// </summary>
internal static class LayerEmbeddings
{
    /// <summary>Rows of hidden state and layer embeddings.</summary>
    internal sealed unsafe class TokenEntry(EmbeddingRows embedding, float scale, EmbeddingRows table, float tableScale) : Entry(embedding, scale)
    {
        private readonly int _width = embedding.Width;

        public override int RowSize => _width + table.Width;

        public override void Fill(int token, float* row)
        {
            base.Fill(token, row);
            float* carried = row + _width;
            table.Read(token, carried);
            for (int i = 0; i < table.Width; i++)
                carried[i] *= tableScale;
        }
    }

    /// <summary>carried = (norm of each layer's part of scale · projection · x + carried) / sqrt(2); before the first layer.</summary>
    internal sealed unsafe class Projected(Linear projection, float scale, Norm norm) : Block
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
                float* parts = _parts.Row(row), carried = step.Stream[row] + _source.Columns;
                for (int at = 0; at < projection.Outputs; at += norm.Size)
                    norm.Apply(parts + at);
                for (int i = 0; i < projection.Outputs; i++)
                    carried[i] = (parts[i] + carried[i]) * half;
            }
            step.Barrier();
        }
    }

    /// <summary>x += norm(up(f(gate(x)) · the layer's embedding)).</summary>
    internal sealed unsafe class Added(Linear gate, Activation activation, Linear up, Norm norm, int layer) : Block
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
            step.Project(_gate, step.Read(step.Stream, step.Count, null, _source), _gated);                  // (rows, size)
            step.Barrier();
            (int first, int last) = step.Share(step.Count);
            for (int row = first; row < last; row++)
            {
                float* gated = _gated.Row(row), carried = step.Stream[row] + _source.Columns + (long)layer * gate.Outputs;
                for (int i = 0; i < gate.Outputs; i++)
                    gated[i] *= carried[i];
            }
            step.Barrier();
            step.Project(_up, step.Load(_gated, _inner), _result);                                           // (rows, hidden)
            step.Barrier();
            step.AddNormed(_result, norm, 1f);
        }
    }
}
