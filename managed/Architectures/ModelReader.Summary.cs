using Realm.Blocks;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>What becomes of a whole text, as files describe it.</summary>
internal sealed partial class ModelReader
{
    /// <summary>Pooling by <c>pooling_type</c>; projections of embeddings, <c>dense_2</c> and <c>dense_3</c>, and a classifier, <c>cls</c> and
    /// <c>cls.output</c>, where there are any.</summary>
    /// <param name="ranked">The pooling in front of the classifier.</param>
    /// <param name="activation">The function behind <c>cls</c>; null: the hyperbolic tangent.</param>
    /// <param name="share">Scores are made to sum up to one.</param>
    public TextSummary Summary(Pooling ranked = Pooling.Cls, Activation? activation = null, bool share = false)
    {
        List<SummaryStage> projections = [], classifier = [];
        int width = AddStage(projections, "dense_2", Hidden);
        AddStage(projections, "dense_3", width);
        Norm? norm = Tensors.Contains("cls.norm.weight") ? LayerNorm("cls.norm") : null;
        width = AddStage(classifier, "cls", Hidden, activation ?? Activation.Tanh, norm);
        AddStage(classifier, "cls.output", width);
        return new TextSummary(Hidden, ReadPooling(), ranked, [.. projections], [.. classifier], share);
    }

    // The width behind it.
    private int AddStage(List<SummaryStage> stages, string name, int inputs, Activation? activation = null, Norm? norm = null)
    {
        if (!Tensors.Contains(name + ".weight"))
            return inputs;
        if (Tensors.IsAdapted(name + ".weight"))
            throw new RealmException(ErrorCode.Unsupported,
                $"an adapter changes {name}.weight, which reads pooled vectors; that is not supported");
        int outputs = Tensors.RowCount(name + ".weight");
        if (outputs > MaxWidth)
            throw new RealmException(ErrorCode.Shape, $"tensor '{name}.weight' has {outputs} outputs, more than {MaxWidth}");
        stages.Add(new SummaryStage(Linear(name, outputs, inputs), activation, norm));
        return outputs;
    }

    private Pooling ReadPooling()
    {
        const string Key = "pooling_type";
        const uint Unspecified = uint.MaxValue;
        long given = _metadata.Integer(_prefix + Key) ?? Unspecified;
        return given switch
        {
            -1 or Unspecified => Pooling.None,
            >= 0 and <= (int)Pooling.Rank => (Pooling)given,
            _ => throw Bad(Key, $"{given} is not from 0 to {(int)Pooling.Rank}"),
        };
    }
}
