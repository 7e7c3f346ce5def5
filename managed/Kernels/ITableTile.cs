using System.Runtime.Intrinsics;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>
/// A format whose weights are nibbles that stand for 16 signed bytes. A packed block of 16 rows is a header of scales, then for each 32 weights four
/// vectors of 64 bytes, of which lane r belongs to row r.
/// </summary>
internal unsafe interface ITableTile
{
    /// <summary>Weights of a row in a block: a multiple of 32.</summary>
    static abstract int BlockElements { get; }

    /// <summary>Bytes of the scales of 16 rows.</summary>
    static abstract int HeaderBytes { get; }

    /// <summary>Whether each 16 weights have a scale, and not each 32. Of 32 weights, vector i holds in its low nibbles 4i to 4i + 3 and in
    /// its high nibbles 16 more; with scales for 16, vectors 2h and 2h + 1 hold weights 16h to 16h + 7 and in the high nibbles 8 more.</summary>
    static abstract bool Sixteens { get; }

    /// <summary>What the nibbles stand for.</summary>
    static abstract ReadOnlySpan<sbyte> Values { get; }

    /// <summary>The scale of 16 rows for that group of 32 or 16 weights.</summary>
    static abstract Vector512<float> Scale(byte* block, int group);

    /// <summary>The scale of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int group, int half);

    /// <summary>The scale of one row.</summary>
    static abstract float Scale1(byte* block, int group, int row);

    /// <summary>Writes the code of <see cref="Scale(byte*, int)"/>: the same bits.</summary>
    static abstract void WriteScale(in ScaleCode code, int group);
}
