using Realm.Blocks;

namespace Realm.Runtime;

/// <summary>One sequence: what a model remembers of the tokens it has seen.</summary>
public sealed class Session : IDisposable
{
    internal Session(KvLayout layout) => Cache = new KvCache(layout);

    internal KvCache Cache { get; }

    /// <summary>Positions held by all layers.</summary>
    public int Length { get; internal set; }

    /// <summary>Forgets all positions from `length` on.</summary>
    public void Truncate(int length)
    {
        if (length < 0 || length > Length)
            throw new RealmException(ErrorCode.InvalidArgument, $"cannot truncate a session of {Length} positions to {length}");
        Cache.Truncate(length);
        Length = length;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => Cache.Dispose();
}
