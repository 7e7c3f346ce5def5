namespace Realm.Kernels.Emitted;

/// <summary><see cref="NibbleGemm{T}"/> with vpdpbusd: four products of a 4- or 5-bit weight and an 8-bit activation at once.</summary>
internal static class NibbleKernel<T> where T : unmanaged, INibbleTile
{
    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = KernelForms.Create(1, Emit);

    private static void Emit(Assembler a, int tokens)
    {
        const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;
        Zmm d = new(16), m = new(17), q = new(18), low = new(19), high = new(20), mask = new(21), plane = new(22), fifth = new(23), center = new(24);
        HalfToSingle half = new(a, 25);
        int quants = T.HeaderBytes + (T.FifthBit ? 64 : 0);
        Zmm Sum(int t) => new(t);
        Zmm Out(int t) => new(8 + t);

        a.Vpbroadcastd(mask, a.Each(0x0f0f0f0f));
        a.Vpbroadcastd(fifth, a.Each(0x10101010));
        a.Vpbroadcastd(center, a.Each(BitConverter.SingleToUInt32Bits(T.FifthBit ? -16f : -8f)));
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Out(t), Out(t), Out(t));

        int loop = a.Length;
        if (T.FifthBit)
            a.Vmovdqu32(plane, Operand.At(W, T.HeaderBytes));
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Sum(t), Sum(t), Sum(t));
        for (int j = 0; j < 4; j++)
        {
            for (int line = j; line * 64 < quants + 256; line += 4)
                a.Prefetcht0(W, Prefetch.Distance + 64 * line);
            a.Vmovdqu32(q, Operand.At(W, quants + 64 * j));
            a.Vpandd(low, q, mask);
            a.Vpsrlw(high, q, 4);
            a.Vpandd(high, high, mask);
            if (T.FifthBit)
            {
                // Bit k of each byte of the plane is the fifth bit of that byte in vector k.
                a.Vpsllw(q, plane, 4 - j);
                a.VpternlogdOrAnd(low, q, fifth);
                if (j == 0)
                {
                    a.VpternlogdOrAnd(high, plane, fifth);
                }
                else
                {
                    a.Vpsrlw(q, plane, j);
                    a.VpternlogdOrAnd(high, q, fifth);
                }
            }
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(Sum(t), low, Operand.Each(Tile, 32 * t + 4 * j));
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(Sum(t), high, Operand.Each(Tile, 32 * t + 4 * j + 16));
        }
        if (T.HeaderBytes == 64)
        {
            a.Vmovdqu32(q, Operand.At(W, 0));
            half.First(d, q);
            half.Second(m, q);
        }
        else
        {
            a.Vpmovzxwd(q, Operand.At(W, 0));
            half.First(d, q);
            a.Vmulps(m, d, center);
        }
        for (int t = 0; t < tokens; t++)
        {
            a.Vcvtdq2ps(Sum(t), Sum(t));
            a.Vmulps(q, d, Operand.Each(Tile, Int8Activations.ScaleOffset + 4 * t));
            a.Vfmadd231ps(Out(t), Sum(t), q);
            a.Vfmadd231ps(Out(t), m, Operand.Each(Tile, Int8Activations.ScaleOffset + 32 + 4 * t));
        }
        a.Add(W, quants + 256);
        a.Add(Tile, Int8Activations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);

        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Out(t));
        a.Return();
    }
}
