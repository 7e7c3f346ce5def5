namespace Realm.Formats;

/// <summary>
/// A weight format without kernels of its own: a struct that looks like one block in the file, so that `sizeof` is its size. Its weights are a
/// scale times small integers.
/// </summary>
internal unsafe interface IUnpackedFormat<TSelf> where TSelf : unmanaged, IUnpackedFormat<TSelf>
{
    /// <summary>Weights in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>
    /// The definition: what the block's bytes mean. Writes <see cref="Elements"/> integers of magnitudes up to
    /// <see cref="Kernels.WordGemm.Largest"/>, in the order of <see cref="Words"/>, and returns the scale that multiplies all.
    /// </summary>
    static abstract float Unpack(TSelf* block, short* words);
}
