using Realm.State;

namespace Realm.Runtime;

/// <summary>How a model is held and run.</summary>
/// <param name="Threads">Compute threads; 0: as many as this process may use processors.</param>
/// <param name="Packed">Copy the weights into the layout of the kernels; false leaves them in the mapped file and packs 16 rows at a time
/// whenever they are used: slower, but no second copy. The results are the same, bit for bit.</param>
/// <param name="Cache">Element type of the key/value cache.</param>
public sealed record ModelOptions(int Threads = 0, bool Packed = true, CacheType Cache = CacheType.F16)
{
    /// <summary>Files of adapters that the model is opened with.</summary>
    public AdapterPaths Adapters { get; init; } = AdapterPaths.None;

    /// <summary>Bytes of beginnings of texts that are kept for texts to come; null: an eighth of the memory that the process may have.</summary>
    public long? PromptCacheBytes { get; init; }

    /// <summary>Whether a model that is loaded so can be used where it was asked for in another way.</summary>
    public bool Serves(ModelOptions other) => this == other with { PromptCacheBytes = PromptCacheBytes };
}
