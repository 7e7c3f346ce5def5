using Realm.Architectures;
using Realm.Blocks;
using Realm.Formats;
using Realm.State;

namespace Realm.Runtime;

/// <summary>What a model is, and the memory it needs, known before its weights are loaded.</summary>
public sealed class ModelFacts
{
    private readonly StatePlan _state;

    private ModelFacts(Network network, long weightBytes)
    {
        _state = network.State;
        Config = network.Config;
        Pooling = network.Summary.Pooling;
        Generates = network.Exit.HasHead && !network.WholeText;
        WeightBytes = weightBytes;
    }

    /// <summary>What the file says.</summary>
    public ModelConfig Config { get; }

    /// <summary>How texts are pooled unless asked otherwise.</summary>
    public Pooling Pooling { get; }

    /// <summary>Whether a text can be continued token by token.</summary>
    public bool Generates { get; }

    /// <summary>Bytes of all matrices as they are read in a pass: packed copies, or the file's own.</summary>
    public long WeightBytes { get; }

    /// <summary>Bytes of what a sequence of `length` positions remembers.</summary>
    public long StateBytes(long length) => _state.BytesOf(length);

    internal static ModelFacts Of(Network network, IReadOnlyList<Weight> weights, bool packed)
    {
        // What cannot be packed is read from the file in either case.
        long inFile = weights.Where(weight => !packed || !weight.CanBePacked).Sum(weight => weight.Source(0, weight.Groups).Length);
        return new ModelFacts(network, inFile + (packed ? PackedWeights.BytesOf(weights) : 0));
    }
}
