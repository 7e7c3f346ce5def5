namespace Realm.Kernels.Emitted;

/// <summary><see cref="ByteGemm{T}"/> with vpdpwssd: two products of 16-bit numbers at once, added in the same instruction.</summary>
internal static class ByteKernel<T> where T : unmanaged, IByteTile
{
    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = KernelForms.Create(1, Emit);

    private static void Emit(Assembler a, int tokens)
    {
        const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;
        Zmm even = new(16), odd = new(17), d = new(18), scale = new(19);
        HalfToSingle half = new(a, 25);
        Zmm Sum(int t) => new(t);
        Zmm Out(int t) => new(8 + t);

        for (int t = 0; t < tokens; t++)
            a.Vpxord(Out(t), Out(t), Out(t));

        int loop = a.Length;
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Sum(t), Sum(t), Sum(t));
        for (int j = 0; j < 8; j++)
        {
            for (int line = j; line * 64 < T.HeaderBytes + 512; line += 8)
                a.Prefetcht0(W, Prefetch.Distance + 64 * line);
            a.Vmovdqu32(odd, Operand.At(W, T.HeaderBytes + 64 * j));
            a.Vpsllw(even, odd, 8);
            a.Vpsraw(odd, odd, 8);
            a.Vpsraw(even, even, 8);
            for (int t = 0; t < tokens; t++)
                a.Vpdpwssd(Sum(t), even, Operand.Each(Tile, 64 * t + 8 * j));
            for (int t = 0; t < tokens; t++)
                a.Vpdpwssd(Sum(t), odd, Operand.Each(Tile, 64 * t + 8 * j + 4));
        }
        a.Vpmovzxwd(d, Operand.At(W, 0));
        half.First(d, d);
        for (int t = 0; t < tokens; t++)
        {
            a.Vcvtdq2ps(Sum(t), Sum(t));
            a.Vmulps(scale, d, Operand.Each(Tile, Int16Activations.ScaleOffset + 4 * t));
            a.Vfmadd231ps(Out(t), Sum(t), scale);
        }
        a.Add(W, T.HeaderBytes + 512);
        a.Add(Tile, Int16Activations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);

        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Out(t));
        a.Return();
    }
}
