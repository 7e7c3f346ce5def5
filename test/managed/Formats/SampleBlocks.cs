using Realm.Formats;

namespace Realm.Tests.Formats;

/// <summary>Blocks of any format, filled in ways that tests need: the scales must be sensible numbers, all other bytes may be anything.</summary>
internal static class SampleBlocks
{
    /// <summary>Where in a block the half-precision numbers are.</summary>
    private static readonly Dictionary<string, int[]> _halves = new()
    {
        ["Q4_0"] = [0],
        ["Q4_1"] = [0, 2],
        ["Q5_0"] = [0],
        ["Q5_1"] = [0, 2],
        ["Q8_0"] = [0],
        ["Q2_K"] = [80, 82],
        ["Q3_K"] = [108],
        ["Q4_K"] = [0, 2],
        ["Q5_K"] = [0, 2],
        ["Q6_K"] = [208],
        ["IQ2_XXS"] = [0],
        ["IQ2_XS"] = [0],
        ["IQ3_XXS"] = [0],
        ["IQ1_S"] = [0],
        ["IQ4_NL"] = [0],
        ["IQ3_S"] = [0],
        ["IQ2_S"] = [0],
        ["IQ4_XS"] = [0],
        ["TQ1_0"] = [52],
        ["TQ2_0"] = [64],
        ["Q1_0"] = [0],
        ["Q2_0"] = [0],
    };

    /// <summary>Blocks whose bytes are any, and whose scales lie in ±[scale / 2, scale].</summary>
    public static byte[] Random(WeightFormat format, int blocks, Random random, float scale = 0.01f) =>
        Fill(format, blocks, _ => (byte)random.Next(256), () => scale * (0.5f + 0.5f * random.NextSingle()) * (random.Next(2) * 2 - 1));

    /// <summary>Blocks with all bytes drawn from a few, and scales of 1.</summary>
    public static byte[] Extreme(WeightFormat format, int blocks, Random random, params byte[] choice) =>
        Fill(format, blocks, _ => choice[random.Next(choice.Length)], () => 1f);

    private static byte[] Fill(WeightFormat format, int blocks, Func<int, byte> next, Func<float> scale)
    {
        byte[] bytes = new byte[blocks * format.BlockBytes];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = next(i);
        for (int block = 0; block < blocks; block++)
        {
            Span<byte> b = bytes.AsSpan(block * format.BlockBytes, format.BlockBytes);
            float any = (sbyte)b[0] / 127f;
            switch (format.Name)
            {
                case "F32":
                    BitConverter.TryWriteBytes(b, scale() * any);
                    break;
                case "F16":
                    BitConverter.TryWriteBytes(b, (Half)(scale() * any));
                    break;
                case "BF16":
                    BitConverter.TryWriteBytes(b, (ushort)(BitConverter.SingleToUInt32Bits(scale() * any) >> 16));
                    break;
                case "IQ1_M":
                    // The half's four nibbles are the upper ones of four 16-bit numbers.
                    int half = BitConverter.HalfToUInt16Bits((Half)scale());
                    for (int i = 0; i < 4; i++)
                        b[49 + 2 * i] = (byte)(b[49 + 2 * i] & 15 | (half >> 4 * i & 15) << 4);
                    break;
                case "MXFP4":
                    // 2^(e - 128); values go up to 12.
                    b[0] = (byte)(128 + MathF.ILogB(scale()));
                    break;
                case "NVFP4":
                    // Half of 2^(e - 7)·(1 + m/8), the mantissa stays any.
                    for (int i = 0; i < 4; i++)
                        b[i] = (byte)(b[i] & 0x87 | Math.Clamp(8 + MathF.ILogB(scale()), 0, 15) << 3);
                    break;
                default:
                    foreach (int offset in _halves[format.Name])
                        BitConverter.TryWriteBytes(b[offset..], (Half)scale());
                    break;
            }
        }
        return bytes;
    }
}
