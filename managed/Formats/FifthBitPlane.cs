using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>The fifth bits of 32 weights, put in the order in which <see cref="NibbleGemm{T}"/> wants them.</summary>
internal static unsafe class FifthBitPlane
{
    /// <summary>In each of 16 words: bit 4k + b (weight 4k + b) becomes bit k of byte b, because weights 4k to 4k + 3 are the four bytes of vector k.</summary>
    public static void Arrange(byte* words)
    {
        for (int row = 0; row < Lanes.Rows; row += 4)
        {
            uint* at = (uint*)words + row;
            Vector128<uint> bits = Vector128.Load(at), plane = default;
            for (int b = 0; b < 4; b++)
            {
                // Every fourth bit, moved together in three halving steps.
                Vector128<uint> x = bits >> b & Vector128.Create(0x11111111u);
                x = (x | x >> 3) & Vector128.Create(0x03030303u);
                x = (x | x >> 6) & Vector128.Create(0x000f000fu);
                x = (x | x >> 12) & Vector128.Create(0x000000ffu);
                plane |= x << 8 * b;
            }
            plane.Store(at);
        }
    }
}
