namespace Realm.Kernels.Emitted;

/// <summary><see cref="Lanes.HalfToSingle(System.Runtime.Intrinsics.Vector512{uint})"/>, instruction by instruction but for masks taken
/// together: the same bits for every half, infinities too (vcvtph2ps would keep those).</summary>
internal readonly struct HalfToSingle
{
    // Bits of the magnitude where they will be, sign, two biases, 2^-14.
    private const uint Magnitude = 0x0fffe000, Sign = 0x80000000, Bias = 0x38000000, Next = 0x38800000, Unit = 0x38800000;

    private readonly Assembler _a;
    private readonly Operand _magnitude, _sign, _bias, _next, _unit;
    private readonly Zmm _t, _u;

    /// <summary>With the constants in memory and two registers to change.</summary>
    public HalfToSingle(Assembler a, Zmm t, Zmm u)
    {
        (_a, _t, _u) = (a, t, u);
        (_magnitude, _sign, _bias, _next, _unit) = (a.Each(Magnitude), a.Each(Sign), a.Each(Bias), a.Each(Next), a.Each(Unit));
    }

    /// <summary>With the constants in the five registers from `first` on, which this loads, and the two after them to change.</summary>
    public HalfToSingle(Assembler a, int first)
    {
        Zmm Constant(int i, uint value)
        {
            a.Vpbroadcastd(new Zmm(first + i), a.Each(value));
            return new Zmm(first + i);
        }
        _a = a;
        (_magnitude, _sign, _bias) = (Constant(0, Magnitude), Constant(1, Sign), Constant(2, Bias));
        (_next, _unit) = (Constant(3, Next), Constant(4, Unit));
        (_t, _u) = (new Zmm(first + 5), new Zmm(first + 6));
    }

    /// <summary>The lower half of each lane.</summary>
    public void First(Zmm to, Zmm pairs)
    {
        _a.Vpslld(_t, pairs, 13);
        _a.Vpslld(_u, pairs, 16);
        Finish(to, _u);
    }

    /// <summary>The upper half of each lane. `to` and `pairs` are different registers.</summary>
    public void Second(Zmm to, Zmm pairs)
    {
        _a.Vpsrld(_t, pairs, 3);
        Finish(to, pairs);
    }

    // _t: the magnitude in bits 13 to 27, among others; `sign`: the sign in bit 31.
    private void Finish(Zmm to, Zmm sign)
    {
        _a.Vpandd(_t, _t, _magnitude);
        _a.Vpaddd(to, _t, _bias);
        _a.Vpaddd(_t, _t, _next);
        _a.Vsubps(_t, _t, _unit);
        _a.Vpminsd(to, to, _t);
        _a.VpternlogdOrAnd(to, sign, _sign);
    }
}
