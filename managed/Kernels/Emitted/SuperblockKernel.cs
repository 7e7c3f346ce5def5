namespace Realm.Kernels.Emitted;

/// <summary><see cref="SuperblockGemm{T}"/> with vpdpbusd: the sum of a sub-block's products comes in 32 bits, and one 32-bit product with
/// its scale follows.</summary>
internal static class SuperblockKernel<T> where T : unmanaged, ISuperblockTile
{
    private const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;

    // One word of 16 rows.
    private const int Word = 64;

    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = KernelForms.Create(2, Emit);

    private static int QuantOffset => 4 * Word + (T.FifthBit ? 8 * Word : 0);

    private static Zmm Total(int t) => new(t);

    private static Zmm Low(int t) => new(8 + t);

    private static Zmm High(int t) => new(16 + t);

    private static void Emit(Assembler a, int tokens)
    {
        Zmm mask = new(27), fifth = new(28);
        a.Vpbroadcastd(mask, a.Each(0x0f0f0f0f));
        a.Vpbroadcastd(fifth, a.Each(0x10101010));
        a.Vpxord(Total(0), Total(0), Total(0));
        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Total(0));

        int loop = a.Length;
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Total(t), Total(t), Total(t));
        for (int j = 0; j < 4; j++)
            SubBlocks(a, tokens, j, mask, fifth);
        Finish(a, tokens);
        a.Add(W, QuantOffset + 32 * Word);
        a.Add(Tile, SuperblockActivations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);
        a.Return();
    }

    // Sub-blocks 2j (low nibbles) and 2j + 1 (high nibbles).
    private static void SubBlocks(Assembler a, int tokens, int j, Zmm mask, Zmm fifth)
    {
        Zmm q = new(24), v = new(25), bits = new(26), scale = new(29), temporary = new(30);
        for (int t = 0; t < tokens; t++)
        {
            a.Vpxord(Low(t), Low(t), Low(t));
            a.Vpxord(High(t), High(t), High(t));
        }
        for (int i = 0; i < 8; i++)
        {
            for (int line = 8 * j + i; line < QuantOffset / Word + 32; line += 32)
                a.Prefetcht0(W, Prefetch.Distance + Word * line);
            a.Vmovdqu32(q, Operand.At(W, QuantOffset + Word * (8 * j + i)));
            a.Vpandd(v, q, mask);
            a.Vpsrlw(q, q, 4);
            a.Vpandd(q, q, mask);
            if (T.FifthBit)
            {
                // Bit k of each byte is the fifth bit of sub-block k.
                ToBit4(a, bits, i, 2 * j);
                a.VpternlogdOrAnd(v, bits, fifth);
                ToBit4(a, bits, i, 2 * j + 1);
                a.VpternlogdOrAnd(q, bits, fifth);
            }
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(Low(t), v, Operand.Each(Tile, 256 * t + 64 * j + 4 * i));
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(High(t), q, Operand.Each(Tile, 256 * t + 64 * j + 4 * i + 32));
        }
        Scale(a, scale, 2 * j, temporary);
        for (int t = 0; t < tokens; t++)
            a.Vpmulld(Low(t), Low(t), scale);
        Scale(a, scale, 2 * j + 1, temporary);
        for (int t = 0; t < tokens; t++)
        {
            a.Vpaddd(Total(t), Total(t), Low(t));
            a.Vpmulld(High(t), High(t), scale);
            a.Vpaddd(Total(t), Total(t), High(t));
        }
    }

    // Bit k of each byte of word i of the fifth bits comes to bit 4; the other bits don't matter.
    private static void ToBit4(Assembler a, Zmm to, int i, int k)
    {
        Operand word = Operand.At(W, 4 * Word + Word * i);
        if (k < 4)
            a.Vpsllw(to, word, 4 - k);
        else if (k > 4)
            a.Vpsrlw(to, word, k - 4);
        else
            a.Vmovdqu32(to, word);
    }

    // The 6-bit scale of sub-block j in 32 bits: of the bytes of words 1 and 3 as the file has them.
    private static void Scale(Assembler a, Zmm to, int j, Zmm temporary)
    {
        int shift = j % 4 * 8;
        if (j < 4)
        {
            a.Vpsrld(to, Operand.At(W, Word), shift);
            a.Vpandd(to, to, a.Each(0x3f));
        }
        else
        {
            a.Vpsrld(to, Operand.At(W, 3 * Word), shift);
            a.Vpandd(to, to, a.Each(0x0f));
            a.Vpsrld(temporary, Operand.At(W, Word), shift + 2);
            a.VpternlogdOrAnd(to, temporary, a.Each(0x30));
        }
    }

    // Minimums, and the floating-point sums, which are in memory.
    private static void Finish(Assembler a, int tokens)
    {
        Zmm first = new(12), second = new(13), temporary = new(14), d = new(15), dmin = new(16), sum = new(19), scale = new(20), minimum = new(21);
        Zmm Minimum(int k) => new(8 + k);
        a.Vmovdqu32(temporary, Operand.At(W, 2 * Word));
        a.Vpandd(first, temporary, a.Each(0x3f3f3f3f));
        a.Vpsrld(second, Operand.At(W, 3 * Word), 4);
        a.Vpandd(second, second, a.Each(0x0f0f0f0f));
        a.Vpsrld(temporary, temporary, 2);
        a.VpternlogdOrAnd(second, temporary, a.Each(0x30303030));
        for (int k = 0; k < 4; k += 2)
        {
            // Bytes (0, 1) and (2, 3) of each lane, in its two 16-bit halves.
            Zmm from = k == 0 ? first : second;
            a.Vpandd(Minimum(k), from, a.Each(0xff));
            a.Vpslld(temporary, from, 8);
            a.VpternlogdOrAnd(Minimum(k), temporary, a.Each(0xff0000));
            a.Vpsrld(Minimum(k + 1), from, 16);
            a.Vpandd(Minimum(k + 1), Minimum(k + 1), a.Each(0xff));
            a.Vpsrld(temporary, from, 8);
            a.VpternlogdOrAnd(Minimum(k + 1), temporary, a.Each(0xff0000));
        }
        HalfToSingle half = new(a, new Zmm(17), new Zmm(18));
        a.Vmovdqu32(temporary, Operand.At(W, 0));
        half.First(d, temporary);
        half.Second(dmin, temporary);
        for (int t = 0; t < tokens; t++)
        {
            Operand activationScale = Operand.Each(Tile, SuperblockActivations.ScaleOffset + 4 * t);
            a.Vpxord(minimum, minimum, minimum);
            for (int k = 0; k < 4; k++)
                a.Vpdpwssd(minimum, Minimum(k), Operand.Each(Tile, SuperblockActivations.Sum32Offset + 16 * t + 4 * k));
            a.Vcvtdq2ps(Total(t), Total(t));
            a.Vcvtdq2ps(minimum, minimum);
            a.Vmovdqu32(sum, Operand.At(Output, 64 * t));
            a.Vmulps(scale, d, activationScale);
            a.Vfmadd231ps(sum, Total(t), scale);
            a.Vmulps(scale, dmin, activationScale);
            a.Vfnmadd231ps(sum, minimum, scale);
            a.Vmovups(Operand.At(Output, 64 * t), sum);
        }
    }
}
