using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// A block of 256 weights in a file's layout, as <see cref="CodebookDot"/> reads it: points of a codebook (a table of vectors of 8 or 4 small integers), whose
/// numbers get signs and integer scales, and one scale in floating point for all. A block has 8 groups of 32 weights.
/// </summary>
/// <remarks>The members are for processors with AVX2.</remarks>
internal unsafe interface ICodebookBlock
{
    /// <summary>The codebook: 16-bit numbers, in the order of <see cref="Int16Activations"/>.</summary>
    static abstract short* Points { get; }

    /// <summary>Weights of a point: 8 or 4.</summary>
    static abstract int PointElements { get; }

    /// <summary>What a byte of <see cref="Signs"/> says of eight weights. True: a bit each, the lowest the first's, 1 for those whose sign changes. False: what is
    /// subtracted from each.</summary>
    static abstract bool HasSigns { get; }

    /// <summary>Where the block's points are in the codebook, in units of four numbers; 32 or 64 of them.</summary>
    static abstract void StorePlaces(byte* block, ushort* places);

    /// <summary>A byte for each eight weights.</summary>
    static abstract Vector256<byte> Signs(byte* block);

    /// <summary>The integer scales of the first and the last 16 weights of each group.</summary>
    static abstract void Scales(byte* block, out Vector256<int> first, out Vector256<int> last);

    /// <summary>The scale of all, in half precision and without <see cref="Unit"/>.</summary>
    static abstract ushort Scale(byte* block);

    /// <summary>A factor of every scale.</summary>
    static abstract float Unit { get; }
}
