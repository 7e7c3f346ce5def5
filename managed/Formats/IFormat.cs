namespace Realm.Formats;

/// <summary>
/// A weight format: a struct that looks like one block in the file, so that `sizeof` is its size. Joined with the packed layout it
/// becomes (an <see cref="Kernels.IGemm"/>) in the table of <see cref="Formats"/>.
/// </summary>
internal unsafe interface IFormat<TSelf> where TSelf : unmanaged, IFormat<TSelf>
{
    /// <summary>Weights in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>The definition: what the block's bytes mean. Writes <see cref="Elements"/> values.</summary>
    static abstract void Decode(TSelf* block, float* output);

    /// <summary>Puts a block of each of 16 rows, of which `block` is the first row's, into a packed block. The same bytes, other order.</summary>
    static abstract void Pack(TSelf* block, BlockRows rows, byte* packed);

    /// <summary>Whether the floating-point numbers of a packed block of 16 rows, its scales or its weights, are finite. Formats whose scales have no
    /// infinities say yes.</summary>
    static abstract bool IsFinite(byte* packed);
}
