using System.Runtime.Intrinsics;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>
/// A format with 256 weights a block in 16 groups of 16. A packed block of 16 rows has four parts of 64 weights: part 2n + h holds the
/// groups 8n + 2j + h, j = 0 to 3, which are weights 128n + 32j + 16h and on; vector i of a group (i = 0 to 3) holds its weights
/// 4i to 4i + 3 in the bytes of a lane, unsigned.
/// </summary>
internal unsafe interface IGroupTile
{
    /// <summary>Bytes of a packed block of 16 rows.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>What is subtracted from each q before the scale multiplies it; 0 where there are minimums.</summary>
    static abstract int Bias { get; }

    /// <summary>Whether each group has a minimum, with a scale of its own, to subtract.</summary>
    static abstract bool HasMinimums { get; }

    /// <summary>Whether q goes up to 63, so that only four products fit in 16 bits.</summary>
    static abstract bool SixBits { get; }

    /// <summary>Scale d of 16 rows.</summary>
    static abstract Vector512<float> Scale(byte* block);

    /// <summary>Scale of the minimums of 16 rows; used where there are any.</summary>
    static abstract Vector512<float> MinimumScale(byte* block);

    /// <summary>In the bytes of a lane, signed, the scales of groups 8n + 4·which to 8n + 4·which + 3.</summary>
    static abstract Vector512<byte> Scales(byte* block, int n, int which);

    /// <summary>The same for the minimums, or for <see cref="Scales(byte*, int, int)"/> again where there are none.</summary>
    static abstract Vector512<byte> Minimums(byte* block, int n, int which);

    /// <summary>Vector i of the group with that j in a part.</summary>
    static abstract Vector512<byte> Quants(byte* block, int part, int j, int i);

    /// <summary>Scale d of 8 rows; half 0 or 1.</summary>
    static abstract Vector256<float> Scale(byte* block, int half);

    /// <summary>Scale of the minimums of 8 rows.</summary>
    static abstract Vector256<float> MinimumScale(byte* block, int half);

    /// <summary>The scales of four groups of 8 rows.</summary>
    static abstract Vector256<byte> Scales(byte* block, int half, int n, int which);

    /// <summary>The minimums of four groups of 8 rows.</summary>
    static abstract Vector256<byte> Minimums(byte* block, int half, int n, int which);

    /// <summary>Vector i of a group, 8 rows.</summary>
    static abstract Vector256<byte> Quants(byte* block, int half, int part, int j, int i);

    /// <summary>Scale and scale of the minimums (0 where there are none) of one row.</summary>
    static abstract (float Scale, float Minimum) Scale1(byte* block, int row);

    /// <summary>Scale and minimum (0 where there are none) of one row and group.</summary>
    static abstract (int Scale, int Minimum) Group1(byte* block, int row, int group);

    /// <summary>q of one row and weight k (0 to 255).</summary>
    static abstract int Quant1(byte* block, int row, int k);

    /// <summary>Whether the following are there, which write code that does the same for 16 rows.</summary>
    static virtual bool HasCode => false;

    /// <summary>Two constants that <see cref="WriteQuants"/> wants in registers.</summary>
    static virtual (uint Low, uint High) Masks => default;

    /// <summary>Vector i of the groups with j and j + 2 (j = 0 or 1) in a part.</summary>
    static virtual void WriteQuants(in GroupCode code, int part, int j, int i) => throw new NotSupportedException();

    /// <summary>The scale of a group, in 32 bits a lane.</summary>
    static virtual void WriteScale(in GroupCode code, Zmm to, int group) => throw new NotSupportedException();

    /// <summary>The minimum of a group, in 32 bits a lane; used where there are any.</summary>
    static virtual void WriteMinimum(in GroupCode code, Zmm to, int group) => throw new NotSupportedException();
}
