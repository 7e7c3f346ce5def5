using System.Numerics;

namespace Realm.Kernels.Emitted;

/// <summary><see cref="GroupGemm{T}"/> with vpdpbusd: the sum of a group's products comes in 32 bits, and one 32-bit product with its scale
/// follows.</summary>
internal static class GroupKernel<T> where T : unmanaged, IGroupTile
{
    private const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;

    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = T.HasCode ? KernelForms.Create(2, Emit) : null;

    private static Zmm Total(int t) => new(t);

    private static Zmm First(int t) => new(8 + t);

    private static Zmm Second(int t) => new(16 + t);

    private static void Emit(Assembler a, int tokens)
    {
        a.Vpxord(Total(0), Total(0), Total(0));
        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Total(0));

        GroupCode code = new(a, W, new Zmm(24), new Zmm(25), new Zmm(26), new Zmm(27), new Zmm(28), new Zmm(29));
        a.Vpbroadcastd(code.Low, a.Each(T.Masks.Low));
        a.Vpbroadcastd(code.High, a.Each(T.Masks.High));
        int loop = a.Length;
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Total(t), Total(t), Total(t));
        for (int part = 0; part < 4; part++)
        {
            for (int j = 0; j < 2; j++)
                Groups(code, tokens, part, j);
        }
        Minimums(code, tokens);
        Finish(a, tokens);
        a.Add(W, T.BlockBytes);
        a.Add(Tile, SuperblockActivations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);
        a.Return();
    }

    // The groups with j and j + 2 of a part.
    private static void Groups(in GroupCode code, int tokens, int part, int j)
    {
        Assembler a = code.Assembler;
        Zmm scale = new(30), other = new(31);
        for (int t = 0; t < tokens; t++)
        {
            a.Vpxord(First(t), First(t), First(t));
            a.Vpxord(Second(t), Second(t), Second(t));
        }
        int activations = 128 * (part / 2) + 16 * (part % 2) + 32 * j, group = 8 * (part / 2) + part % 2 + 2 * j;
        for (int i = 0; i < 4; i++)
        {
            for (int line = 8 * part + 4 * j + i; line * 64 < T.BlockBytes; line += 32)
                a.Prefetcht0(W, Prefetch.Distance + 64 * line);
            T.WriteQuants(code, part, j, i);
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(First(t), code.First, Operand.Each(Tile, 256 * t + activations + 4 * i));
            for (int t = 0; t < tokens; t++)
                a.Vpdpbusd(Second(t), code.Second, Operand.Each(Tile, 256 * t + activations + 4 * i + 64));
        }
        T.WriteScale(code, scale, group);
        T.WriteScale(code, other, group + 4);
        if (T.SixBits)
        {
            for (int t = 0; t < tokens; t++)
            {
                a.Vpmulld(First(t), First(t), scale);
                a.Vpmulld(Second(t), Second(t), other);
                a.Vpaddd(Total(t), Total(t), First(t));
                a.Vpaddd(Total(t), Total(t), Second(t));
            }
            return;
        }
        // Both sums fit in 16 bits (at most 16·7·127 = 14224), so that one instruction multiplies both.
        Zmm mask = code.First;
        a.Vpbroadcastd(mask, a.Each(0xffff));
        Pair(a, other, scale, mask);
        for (int t = 0; t < tokens; t++)
        {
            Pair(a, Second(t), First(t), mask);
            a.Vpdpwssd(Total(t), other, Second(t));
        }
    }

    // to = (low, to): 16 bits of each; the mask has 16 bits.
    private static void Pair(Assembler a, Zmm to, Zmm low, Operand mask)
    {
        a.Vpslld(to, to, 16);
        a.VpternlogdOrAnd(to, low, mask);
    }

    // First(t) = sum over groups of the minimum, or of the scale times the bias, and the sum of the activations.
    private static void Minimums(in GroupCode code, int tokens)
    {
        Assembler a = code.Assembler;
        Zmm even = new(30), odd = new(31);
        for (int t = 0; t < tokens; t++)
            a.Vpxord(First(t), First(t), First(t));
        for (int pair = 0; pair < 8; pair++)
        {
            if (T.HasMinimums)
            {
                T.WriteMinimum(code, even, 2 * pair);
                T.WriteMinimum(code, odd, 2 * pair + 1);
            }
            else
            {
                T.WriteScale(code, even, 2 * pair);
                T.WriteScale(code, odd, 2 * pair + 1);
            }
            Pair(a, odd, even, a.Each(0xffff));
            if (!T.HasMinimums)
                a.Vpsllw(odd, odd, BitOperations.Log2((uint)T.Bias));
            for (int t = 0; t < tokens; t++)
                a.Vpdpwssd(First(t), odd, Operand.Each(Tile, SuperblockActivations.Sum16Offset + 32 * t + 4 * pair));
        }
    }

    // The floating-point sums, which are in memory.
    private static void Finish(Assembler a, int tokens)
    {
        Zmm d = new(16), dmin = new(17), halves = new(18), sum = new(21), scale = new(22);
        HalfToSingle half = new(a, new Zmm(19), new Zmm(20));
        if (T.HasMinimums)
        {
            a.Vmovdqu32(halves, Operand.At(W, 0));
            half.First(d, halves);
            half.Second(dmin, halves);
        }
        else
        {
            a.Vpmovzxwd(halves, Operand.At(W, 0));
            half.First(d, halves);
        }
        for (int t = 0; t < tokens; t++)
        {
            Operand activationScale = Operand.Each(Tile, SuperblockActivations.ScaleOffset + 4 * t);
            if (!T.HasMinimums)
                a.Vpsubd(Total(t), Total(t), First(t));
            a.Vcvtdq2ps(Total(t), Total(t));
            a.Vmovdqu32(sum, Operand.At(Output, 64 * t));
            a.Vmulps(scale, d, activationScale);
            a.Vfmadd231ps(sum, Total(t), scale);
            if (T.HasMinimums)
            {
                a.Vcvtdq2ps(First(t), First(t));
                a.Vmulps(scale, dmin, activationScale);
                a.Vfnmadd231ps(sum, First(t), scale);
            }
            a.Vmovups(Operand.At(Output, 64 * t), sum);
        }
    }
}
