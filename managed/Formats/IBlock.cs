namespace Realm.Formats;

/// <summary>A weight format: a struct that looks like one block in the file, so that `sizeof` is its size.</summary>
internal unsafe interface IBlock<TSelf> where TSelf : unmanaged, IBlock<TSelf>
{
    /// <summary>Weights in a block; a power of two up to 256.</summary>
    static abstract int Elements { get; }

    /// <summary>The definition: what the block's bytes mean. Writes <see cref="Elements"/> values.</summary>
    static abstract void Decode(TSelf* block, float* output);
}
