using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>Digits of 1 or 2 bits that follow each other in the file, on their way into the words of an <see cref="IDigitTile"/>.</summary>
internal static unsafe class DigitPlanes
{
    /// <summary>Words of a row that are arranged together: 128 weights of 1 bit or 64 of 2.</summary>
    public const int Words = 4;

    /// <summary>The first digit's word for all 16 weights, the next digit for the next 16, and so on: weight 16n + 4i + b, which is in the bits from
    /// bits·(16n + 4i + b) on, becomes digit n of byte b of word i, in each of 16 rows.</summary>
    public static void Arrange(byte* words, int bits)
    {
        Vector256<uint> twice = Vector256.Create(((1u << 2 * bits) - 1) * 0x00010001), mask = Vector256.Create(((1u << bits) - 1) * 0x01010101);
        Vector256<uint>* arranged = stackalloc Vector256<uint>[Words];
        for (uint* row = (uint*)words; row < (uint*)words + Lanes.Rows; row += 8)
        {
            for (int i = 0; i < Words; i++)
            {
                Vector256<uint> all = default;
                for (int n = 0; n < 8 / bits; n++)
                {
                    int bit = bits * (16 * n + 4 * i);
                    Vector256<uint> four = Vector256.ShiftRightLogical(Vector256.Load(row + Lanes.Rows * (bit / 32)), bit % 32) & Vector256.Create((1u << 4 * bits) - 1);
                    four = (four | Vector256.ShiftLeft(four, 16 - 2 * bits)) & twice;
                    four = (four | Vector256.ShiftLeft(four, 8 - bits)) & mask;
                    all |= Vector256.ShiftLeft(four, bits * n);
                }
                arranged[i] = all;
            }
            for (int i = 0; i < Words; i++)
                arranged[i].Store(row + Lanes.Rows * i);
        }
    }
}
