using Realm.Kernels;
using Realm.Passes;

namespace Realm.Blocks;

/// <summary>A linear map, then perhaps a function and a norm.</summary>
internal sealed record SummaryStage(Linear Linear, Activation? Activation = null, Norm? Norm = null);

/// <summary>How a text becomes one vector: which of its tokens' vectors it is made of, and what the network does with that: projections of
/// an embedding (Reimers and Gurevych, 2019), or a classifier's scores.</summary>
/// <param name="width">Numbers of a token's vector.</param>
/// <param name="pooling">As the file says.</param>
/// <param name="ranked">The pooling in front of the classifier: mean, cls or last.</param>
/// <param name="projections">What an embedding goes through.</param>
/// <param name="classifier">What scores come from; empty: there are none.</param>
/// <param name="ranksByShare">Scores are made to sum up to one: a softmax.</param>
internal sealed unsafe class TextSummary(
    int width, Pooling pooling, Pooling ranked, SummaryStage[] projections, SummaryStage[] classifier, bool ranksByShare) : IAsk
{
    private readonly Chain _projections = new(projections);
    private readonly Chain _classifier = new(classifier);

    public Pooling Pooling => pooling;

    /// <summary>The pooling in front of the classifier.</summary>
    public Pooling Ranked => ranked;

    public bool CanRank => classifier.Length > 0;

    /// <summary>Numbers of a text's result.</summary>
    public int Size(bool rank) => rank ? _classifier.Outputs(width) : _projections.Outputs(width);

    public void Ask(Needs needs) => needs.Children(_projections, _classifier);

    /// <summary>Results (count, size) of pooled vectors (count, width).</summary>
    public void Forward(in Step step, bool rank, float* pooled, int count, float* results)
    {
        (rank ? _classifier : _projections).Forward(step, new RowView(pooled, width), count, width, results);
        if (!rank || !ranksByShare)
            return;
        (int first, int last) = step.Share(count);
        for (int i = first; i < last; i++)
            Share(results + (long)i * Size(rank), Size(rank));
        step.Barrier();
    }

    private static void Share(float* scores, int count)
    {
        float most = float.NegativeInfinity, sum = 0;
        for (int i = 0; i < count; i++)
            most = MathF.Max(most, scores[i]);
        for (int i = 0; i < count; i++)
            sum += scores[i] = Exp.Compute(scores[i] - most);
        for (int i = 0; i < count; i++)
            scores[i] /= sum;
    }

    /// <summary>Stages, one after another.</summary>
    private sealed class Chain(SummaryStage[] stages) : IAsk
    {
        private readonly Matrices[] _matrices = Array.ConvertAll(stages,
            stage => stage.Activation == null ? new Matrices(stage.Linear) : Matrices.Activated(stage.Linear, stage.Activation));
        private readonly SourceBuffer[] _sources = new SourceBuffer[stages.Length];
        private readonly RowBuffer[] _rows = new RowBuffer[stages.Length];

        public int Outputs(int inputs) => stages.Length == 0 ? inputs : stages[^1].Linear.Outputs;

        public void Ask(Needs needs)
        {
            for (int i = 0; i < stages.Length; i++)
            {
                needs.Product(_matrices[i]);
                _sources[i] = needs.Source(_matrices[i].Layouts, _matrices[i].Inputs);
                _rows[i] = needs.Rows(_matrices[i].Outputs);
            }
        }

        public void Forward(in Step step, RowView x, int count, int width, float* results)
        {
            int first, last;
            for (int i = 0; i < stages.Length; i++)
            {
                Source source = step.Read(x, count, null, _sources[i]);
                step.Project(_matrices[i], source, _rows[i]);                               // (count, outputs)
                step.Barrier();
                (first, last) = step.Share(count);
                for (int row = first; row < last; row++)
                    stages[i].Norm?.Apply(_rows[i].Row(row));
                step.Barrier();
                x = _rows[i].View;
            }
            int size = Outputs(width);
            (first, last) = step.Share(count);
            for (int row = first; row < last; row++)
                new ReadOnlySpan<float>(x[row], size).CopyTo(new Span<float>(results + (long)row * size, size));
            step.Barrier();
        }
    }
}
