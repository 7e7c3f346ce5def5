namespace Realm.Kernels.Emitted;

/// <summary><see cref="TableGemm{T}"/> with vpdpwssd: two products of 16-bit numbers at once, added in the same instruction.</summary>
internal static class TableKernel<T> where T : unmanaged, ITableTile
{
    private const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;

    // Registers 0 to 7 are sums, 8 to 15 outputs, from 24 on those of HalfToSingle.
    private static readonly Zmm _table = new(16), _scale = new(17), _nibbles = new(18), _even = new(19), _odd = new(20);

    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = KernelForms.Create(2, Emit);

    private static Zmm Sum(int t) => new(t);

    private static Zmm Out(int t) => new(8 + t);

    private static void Emit(Assembler a, int tokens)
    {
        short[] table = new short[32];
        for (int i = 0; i < 32; i++)
            table[i] = T.Values[i % 16];
        a.Vmovdqu32(_table, a.Table(table));
        ScaleCode scales = new(a, W, new Zmm(21), new Zmm(22), new Zmm(23), new HalfToSingle(a, 24));
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Out(t), Out(t), Out(t));

        int loop = a.Length;
        for (int group = 0; group < T.BlockElements / 32; group++)
        {
            Clear(a, tokens);
            Part(a, tokens, group, 0);
            if (T.Sixteens)
            {
                Finish(a, tokens, scales, group, 2 * group);
                Clear(a, tokens);
            }
            Part(a, tokens, group, 1);
            Finish(a, tokens, scales, group, T.Sixteens ? 2 * group + 1 : group);
        }
        a.Add(W, T.HeaderBytes + 8 * T.BlockElements);
        a.Add(Tile, T.BlockElements / 32 * Int16Activations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);

        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Out(t));
        a.Return();
    }

    private static void Clear(Assembler a, int tokens)
    {
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Sum(t), Sum(t), Sum(t));
    }

    // Vectors 2·part and 2·part + 1 of 32 weights.
    private static void Part(Assembler a, int tokens, int group, int part)
    {
        for (int i = 2 * part; i < 2 * part + 2; i++)
        {
            int at = T.HeaderBytes + 256 * group + 64 * i;
            // Where the activations of the vector's low nibbles are: see ITableTile.Sixteens.
            int low = Int16Activations.BlockBytes * group + (T.Sixteens ? 32 * part + 8 * (i % 2) : 8 * i), high = low + (T.Sixteens ? 16 : 32);
            a.Prefetcht0(W, Prefetch.Distance + at);
            a.Vmovdqu32(_nibbles, Operand.At(W, at));
            Pairs(a, tokens, 0, low);
            Pairs(a, tokens, 4, high);
        }
    }

    private static void Pairs(Assembler a, int tokens, int shift, int activations)
    {
        if (shift != 0)
            a.Vpsrlw(_even, _nibbles, shift);
        a.Vpsrlw(_odd, _nibbles, shift + 8);
        a.Vpermw(_even, shift == 0 ? _nibbles : _even, _table);
        a.Vpermw(_odd, _odd, _table);
        for (int t = 0; t < tokens; t++)
            a.Vpdpwssd(Sum(t), _even, Operand.Each(Tile, activations + 64 * t));
        for (int t = 0; t < tokens; t++)
            a.Vpdpwssd(Sum(t), _odd, Operand.Each(Tile, activations + 64 * t + 4));
    }

    private static void Finish(Assembler a, int tokens, in ScaleCode scales, int group, int scale)
    {
        T.WriteScale(scales, scale);
        for (int t = 0; t < tokens; t++)
        {
            a.Vcvtdq2ps(Sum(t), Sum(t));
            a.Vmulps(_scale, scales.To, Operand.Each(Tile, Int16Activations.BlockBytes * group + Int16Activations.ScaleOffset + 4 * t));
            a.Vfmadd231ps(Out(t), Sum(t), _scale);
        }
    }
}
