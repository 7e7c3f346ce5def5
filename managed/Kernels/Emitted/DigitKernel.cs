namespace Realm.Kernels.Emitted;

/// <summary><see cref="DigitGemm{T}"/> with vpdpwssd: two products of 16-bit numbers at once, added in the same instruction.</summary>
internal static class DigitKernel<T> where T : unmanaged, IDigitTile
{
    private const Register W = Register.Rdi, Blocks = Register.Rsi, Tile = Register.Rdx, Output = Register.Rcx;

    // Registers 0 to 7 are sums, 8 to 15 outputs, 22 to 25 the powers of 3 from the first on.
    private static readonly Zmm _even = new(16), _odd = new(17), _d = new(18), _scale = new(19), _mask = new(20), _three = new(21);

    /// <summary>By number of tokens; see <see cref="KernelForms.Create"/>.</summary>
    public static readonly nint[]? Forms = KernelForms.Create(1, Emit);

    private static Zmm Out(int t) => new(8 + t);

    private static Zmm Power(int n) => new(21 + n);

    // With few tokens each has several sums, so that no product waits for the one before.
    private static int Chains(int tokens) => tokens switch { 1 => 4, < 5 => 2, _ => 1 };

    private static void Emit(Assembler a, int tokens)
    {
        int chains = Chains(tokens);
        Zmm Sum(int t, int chain) => new(chains * t + chain);
        HalfToSingle half = new(a, new Zmm(26), new Zmm(27));
        LoadConstants(a);
        for (int t = 0; t < tokens; t++)
            a.Vpxord(Out(t), Out(t), Out(t));

        int loop = a.Length;
        a.Vpmovzxwd(_d, Operand.At(W, 0));
        half.First(_d, _d);
        for (int group = 0; group < T.BlockElements / 32; group++)
        {
            int tile = Int16Activations.BlockBytes * group;
            for (int t = 0; t < tokens; t++)
            {
                a.Vpbroadcastd(Sum(t, 0), Operand.Each(Tile, tile + Int16Activations.BiasOffset + 4 * t));
                for (int c = 1; c < chains; c++)
                    a.Vpxord(Sum(t, c), Sum(t, c), Sum(t, c));
            }
            Ask(a, group);
            for (int i = 0; i < 8; i++)
            {
                Take(a, 2 * group + i / 4, i % 4);
                for (int t = 0; t < tokens; t++)
                    a.Vpdpwssd(Sum(t, 2 * i % chains), _even, Operand.Each(Tile, tile + 64 * t + 8 * i));
                for (int t = 0; t < tokens; t++)
                    a.Vpdpwssd(Sum(t, (2 * i + 1) % chains), _odd, Operand.Each(Tile, tile + 64 * t + 8 * i + 4));
            }
            for (int t = 0; t < tokens; t++)
            {
                for (int step = 1; step < chains; step *= 2)
                {
                    for (int c = 0; c < chains; c += 2 * step)
                        a.Vpaddd(Sum(t, c), Sum(t, c), Sum(t, c + step));
                }
                a.Vcvtdq2ps(Sum(t, 0), Sum(t, 0));
                a.Vmulps(_scale, _d, Operand.Each(Tile, tile + Int16Activations.ScaleOffset + 4 * t));
                a.Vfmadd231ps(Out(t), Sum(t, 0), _scale);
            }
        }
        a.Add(W, DigitGemm<T>.BlockBytes);
        a.Add(Tile, T.BlockElements / 32 * Int16Activations.BlockBytes);
        a.Dec(Blocks);
        a.Jnz(loop);

        for (int t = 0; t < tokens; t++)
            a.Vmovups(Operand.At(Output, 64 * t), Out(t));
        a.Return();
    }

    private static void LoadConstants(Assembler a)
    {
        if (T.Base != 3)
        {
            // In base 2 the digit twice.
            a.Vpbroadcastd(_mask, a.Each(T.Base == 2 ? 0x00020002u : 0x00030003u));
            return;
        }
        a.Vpbroadcastd(_mask, a.Each(0xff00ff00));
        a.Vpbroadcastd(_three, a.Each(0x00030003));
        for (uint n = 1, power = 3; n <= 4; n++, power *= 3)
            a.Vpbroadcastd(Power((int)n), a.Each(power * 0x00010001));
    }

    // An even share of the next block's lines.
    private static void Ask(Assembler a, int group)
    {
        for (int line = group; line < DigitGemm<T>.BlockBytes / 64; line += T.BlockElements / 32)
            a.Prefetcht0(W, Prefetch.Distance + 64 * line);
    }

    // Four weights of each row: the even and the odd ones.
    private static void Take(Assembler a, int half, int i)
    {
        bool one = T.OneWord(half);
        int digit = T.Digit(half) + (one ? i : 0);
        Operand word = Operand.At(W, DigitGemm<T>.HeaderBytes + DigitGemm<T>.WordBytes * (T.Word(half) + (one ? 0 : i)));
        if (T.Base == 3)
        {
            a.Vpsllw(_even, word, 8);
            a.Vpandd(_odd, _mask, word);
            if (digit > 0)
            {
                a.Vpmullw(_even, _even, Power(digit));
                a.Vpmullw(_odd, _odd, Power(digit));
            }
            a.Vpmulhuw(_even, _even, _three);
            a.Vpmulhuw(_odd, _odd, _three);
            return;
        }
        int shift = T.Base == 2 ? digit - 1 : 2 * digit;
        if (shift < 0)
            a.Vpslld(_even, word, -shift);
        else if (shift > 0)
            a.Vpsrld(_even, word, shift);
        if (shift == 0)
            a.Vpandd(_even, _mask, word);
        else
            a.Vpandd(_even, _even, _mask);
        a.Vpsrld(_odd, word, shift + 8);
        a.Vpandd(_odd, _odd, _mask);
    }
}
