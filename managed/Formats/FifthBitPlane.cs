namespace Realm.Formats;

/// <summary>The fifth bits of 32 weights, put in the order in which <see cref="Kernels.NibbleGemm{T}"/> wants them.</summary>
internal static class FifthBitPlane
{
    /// <summary>Bit 4k + b (weight 4k + b) becomes bit k of byte b, because weights 4k to 4k + 3 are the four bytes of vector k.</summary>
    public static uint Pack(uint bits)
    {
        uint plane = 0;
        for (int b = 0; b < 4; b++)
        {
            // Every fourth bit, moved together in three halving steps.
            uint x = bits >> b & 0x11111111;
            x = (x | x >> 3) & 0x03030303;
            x = (x | x >> 6) & 0x000f000f;
            x = (x | x >> 12) & 0x000000ff;
            plane |= x << 8 * b;
        }
        return plane;
    }
}
