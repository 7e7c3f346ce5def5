using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realm.Sampling;

/// <summary>Which lanes of a vector of 8 to take, in which order, so that chosen ones come together: AVX2 has no instruction for that, but one that
/// permutes.</summary>
internal static unsafe class LaneOrder
{
    /// <summary>For each set of lanes 8 bytes: those that are in it, ascending, then zeros.</summary>
    public static readonly byte[] Table = CreateTable();

    /// <summary>The lanes of the bits that are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Of(uint bits, byte* table) => Avx2.ConvertToVector256Int32(table + (8 * bits));

    private static byte[] CreateTable()
    {
        byte[] table = new byte[256 * 8];
        for (int bits = 0; bits < 256; bits++)
        {
            int place = 8 * bits;
            for (int lane = 0; lane < 8; lane++)
            {
                if ((bits >> lane & 1) != 0)
                {
                    table[place++] = (byte)lane;
                }
            }
        }
        return table;
    }
}
