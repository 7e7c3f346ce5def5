using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Realm.Kernels.Emitted;

/// <summary>The general registers that a kernel may use: those that a callee need not keep under the System V convention.</summary>
internal enum Register
{
    /// <summary>Scratch.</summary>
    Rax = 0,

    /// <summary>Fourth argument.</summary>
    Rcx = 1,

    /// <summary>Third argument.</summary>
    Rdx = 2,

    /// <summary>Second argument.</summary>
    Rsi = 6,

    /// <summary>First argument.</summary>
    Rdi = 7,

    /// <summary>Fifth argument.</summary>
    R8 = 8,

    /// <summary>Sixth argument.</summary>
    R9 = 9,

    /// <summary>Scratch.</summary>
    R10 = 10,

    /// <summary>Scratch.</summary>
    R11 = 11,
}

/// <summary>A 512-bit register, 0 to 31. A callee need keep none of them.</summary>
internal readonly record struct Zmm(int Number);

/// <summary>The second source of an instruction: a register, 64 bytes of memory, or 4 bytes of memory in all 16 lanes.</summary>
internal readonly record struct Operand(int Number, Register Base, int Displacement, OperandKind Kind)
{
    /// <summary>A register.</summary>
    public static implicit operator Operand(Zmm register) => new(register.Number, default, 0, OperandKind.Register);

    /// <summary>The memory at `address` + `displacement`, as many bytes as the instruction reads or writes.</summary>
    public static Operand At(Register address, int displacement) => new(0, address, displacement, OperandKind.Memory);

    /// <summary>The 32 bits at `address` + `displacement`, in every lane.</summary>
    public static Operand Each(Register address, int displacement) => new(0, address, displacement, OperandKind.Broadcast);
}

/// <summary>What an <see cref="Operand"/> is.</summary>
internal enum OperandKind
{
    /// <summary>A register.</summary>
    Register,

    /// <summary>Memory.</summary>
    Memory,

    /// <summary>32 bits of memory in every lane.</summary>
    Broadcast,
}

/// <summary>
/// Writes x86-64 machine code: the few 512-bit instructions (EVEX encoded) and the few general ones that emitted kernels are made of.
/// A method is named after its instruction and takes the operands in the order of Intel's manual, destination first.
/// </summary>
/// <remarks>
/// A full assembler exists as a library (Iced), and the tests check every method here against it. In the engine it would cost 0.6 MB
/// of each library, 1.3 MB of heap and about 10 ms before the first kernel is there, to write some thirty instructions.
/// </remarks>
internal sealed class Assembler
{
    // Fields of the EVEX prefix (Intel's manual, volume 2, 2.7): which prefix byte and which opcode map the instruction had before.
    // W1 (bit 7 of the same byte as the prefix) tells two instructions of one opcode apart.
    private const int None = 0, P66 = 1, PF3 = 2, W1 = 0x80;
    private const int M0F = 1, M0F38 = 2, M0F3A = 3;

    // Where constants in memory go: before the code, so that their distance is known.
    private const int MostConstants = 64;

    private byte[] _code = new byte[1 << 16];
    private int _constants;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; } = MostConstants * sizeof(uint);

    /// <summary>The code so far.</summary>
    public ReadOnlySpan<byte> Code => _code.AsSpan(0, Length);

    /// <summary>sum += four products of unsigned bytes of a with signed bytes of b, in each lane; exact.</summary>
    public void Vpdpbusd(Zmm sum, Zmm a, Operand b) => Vector(P66, M0F38, 0x50, sum.Number, a.Number, b, 64);

    /// <summary>sum += two products of 16-bit numbers, in each lane.</summary>
    public void Vpdpwssd(Zmm sum, Zmm a, Operand b) => Vector(P66, M0F38, 0x52, sum.Number, a.Number, b, 64);

    /// <summary>Integer sum.</summary>
    public void Vpaddd(Zmm to, Zmm a, Operand b) => Vector(P66, M0F, 0xfe, to.Number, a.Number, b, 64);

    /// <summary>Integer difference a - b.</summary>
    public void Vpsubd(Zmm to, Zmm a, Operand b) => Vector(P66, M0F, 0xfa, to.Number, a.Number, b, 64);

    /// <summary>Low 32 bits of an integer product.</summary>
    public void Vpmulld(Zmm to, Zmm a, Operand b) => Vector(P66, M0F38, 0x40, to.Number, a.Number, b, 64);

    /// <summary>Low 16 bits of the products of 16-bit numbers.</summary>
    public void Vpmullw(Zmm to, Zmm a, Zmm b) => Vector(P66, M0F, 0xd5, to.Number, a.Number, b, 64);

    /// <summary>High 16 bits of the products of 16-bit numbers without sign.</summary>
    public void Vpmulhuw(Zmm to, Zmm a, Zmm b) => Vector(P66, M0F, 0xe4, to.Number, a.Number, b, 64);

    /// <summary>The smaller of two signed integers.</summary>
    public void Vpminsd(Zmm to, Zmm a, Zmm b) => Vector(P66, M0F38, 0x39, to.Number, a.Number, b, 64);

    /// <summary>The larger of two signed integers.</summary>
    public void Vpmaxsd(Zmm to, Zmm a, Zmm b) => Vector(P66, M0F38, 0x3d, to.Number, a.Number, b, 64);

    /// <summary>Bitwise and.</summary>
    public void Vpandd(Zmm to, Zmm a, Operand b) => Vector(P66, M0F, 0xdb, to.Number, a.Number, b, 64);

    /// <summary>Bitwise exclusive or.</summary>
    public void Vpxord(Zmm to, Zmm a, Operand b) => Vector(P66, M0F, 0xef, to.Number, a.Number, b, 64);

    /// <summary>to = to | (a &amp; b): vpternlogd with the truth table of that formula.</summary>
    public void VpternlogdOrAnd(Zmm to, Zmm a, Operand b)
    {
        Vector(P66, M0F3A, 0x25, to.Number, a.Number, b, 64);
        Byte(0xf8);
    }

    /// <summary>Each byte of `to` is the byte of a that b's byte names within 16 bytes, or zero where its highest bit is set.</summary>
    public void Vpshufb(Zmm to, Zmm a, Zmm b) => Vector(P66, M0F38, 0x00, to.Number, a.Number, b, 64);

    /// <summary>Each 16-bit number of `to` is the one of a that the low five bits of b's name.</summary>
    public void Vpermw(Zmm to, Zmm b, Zmm a) => Vector(P66 | W1, M0F38, 0x8d, to.Number, b.Number, a, 64);

    /// <summary>16-bit lanes shifted right, zeros come in.</summary>
    public void Vpsrlw(Zmm to, Operand a, int count) => Shift(0x71, 2, to, a, count);

    /// <summary>16-bit lanes shifted right, signs come in.</summary>
    public void Vpsraw(Zmm to, Operand a, int count) => Shift(0x71, 4, to, a, count);

    /// <summary>16-bit lanes shifted left.</summary>
    public void Vpsllw(Zmm to, Operand a, int count) => Shift(0x71, 6, to, a, count);

    /// <summary>32-bit lanes shifted right, zeros come in.</summary>
    public void Vpsrld(Zmm to, Operand a, int count) => Shift(0x72, 2, to, a, count);

    /// <summary>32-bit lanes shifted right, signs come in.</summary>
    public void Vpsrad(Zmm to, Operand a, int count) => Shift(0x72, 4, to, a, count);

    /// <summary>32-bit lanes shifted left.</summary>
    public void Vpslld(Zmm to, Operand a, int count) => Shift(0x72, 6, to, a, count);

    /// <summary>Integers to single precision.</summary>
    public void Vcvtdq2ps(Zmm to, Zmm a) => Vector(None, M0F, 0x5b, to.Number, 0, a, 64);

    /// <summary>Product in single precision.</summary>
    public void Vmulps(Zmm to, Zmm a, Operand b) => Vector(None, M0F, 0x59, to.Number, a.Number, b, 64);

    /// <summary>Difference a - b in single precision.</summary>
    public void Vsubps(Zmm to, Zmm a, Operand b) => Vector(None, M0F, 0x5c, to.Number, a.Number, b, 64);

    /// <summary>sum += a·b, rounded once.</summary>
    public void Vfmadd231ps(Zmm sum, Zmm a, Operand b) => Vector(P66, M0F38, 0xb8, sum.Number, a.Number, b, 64);

    /// <summary>sum -= a·b, rounded once.</summary>
    public void Vfnmadd231ps(Zmm sum, Zmm a, Operand b) => Vector(P66, M0F38, 0xbc, sum.Number, a.Number, b, 64);

    /// <summary>Sixteen 16-bit numbers of memory to 32 bits, zeros before them.</summary>
    public void Vpmovzxwd(Zmm to, Operand memory) => Vector(P66, M0F38, 0x33, to.Number, 0, memory, 32);

    /// <summary>Sixteen bytes of memory to 32 bits, zeros before them.</summary>
    public void Vpmovzxbd(Zmm to, Operand memory) => Vector(P66, M0F38, 0x31, to.Number, 0, memory, 16);

    /// <summary>64 bytes from a register or from memory.</summary>
    public void Vmovdqu32(Zmm to, Operand from) => Vector(PF3, M0F, 0x6f, to.Number, 0, from, 64);

    /// <summary>64 bytes to memory.</summary>
    public void Vmovups(Operand memory, Zmm from) => Vector(None, M0F, 0x11, from.Number, 0, memory, 64);

    /// <summary>32 bits of memory in every lane.</summary>
    public void Vpbroadcastd(Zmm to, Operand each) =>
        Vector(P66, M0F38, 0x58, to.Number, 0, each with { Kind = OperandKind.Memory }, 4);

    /// <summary>Asks for a line of memory.</summary>
    public void Prefetcht0(Register address, int displacement)
    {
        if (address >= Register.R8)
            Byte(0x41);
        Byte(0x0f);
        Byte(0x18);
        Memory(1, address, displacement, 1);
    }

    /// <summary>register += value.</summary>
    public void Add(Register register, int value)
    {
        Byte(register >= Register.R8 ? 0x49 : 0x48);
        Byte(0x81);
        Byte(0xc0 | (int)register & 7);
        Int32(value);
    }

    /// <summary>Makes constants in memory (<see cref="Each"/>) reachable: r8 keeps their address. To be written first.</summary>
    public void Begin()
    {
        Byte(0x4c); // lea r8, [rip - ...]
        Byte(0x8d);
        Byte(0x05);
        Int32(-(Length + 4));
    }

    /// <summary>A constant in memory as an operand, in every lane.</summary>
    public Operand Each(uint value)
    {
        Span<uint> constants = MemoryMarshal.Cast<byte, uint>(_code.AsSpan(0, MostConstants * sizeof(uint)));
        int place = constants[.._constants].IndexOf(value);
        if (place < 0)
        {
            place = _constants++;
            constants[place] = value;
        }
        return Operand.Each(Register.R8, place * sizeof(uint));
    }

    /// <summary>64 bytes in memory: 32 numbers of 16 bits.</summary>
    public Operand Table(ReadOnlySpan<short> numbers)
    {
        ReadOnlySpan<uint> pairs = MemoryMarshal.Cast<short, uint>(numbers);
        Span<uint> constants = MemoryMarshal.Cast<byte, uint>(_code.AsSpan(0, MostConstants * sizeof(uint)));
        int place = constants[.._constants].IndexOf(pairs);
        if (place < 0)
        {
            place = _constants;
            pairs.CopyTo(constants[place..]);
            _constants += pairs.Length;
        }
        return Operand.At(Register.R8, place * sizeof(uint));
    }

    /// <summary>register -= 1; sets the flags.</summary>
    public void Dec(Register register)
    {
        Byte(register >= Register.R8 ? 0x49 : 0x48);
        Byte(0xff);
        Byte(0xc8 | (int)register & 7);
    }

    /// <summary>To `target` (a <see cref="Length"/> from before) unless the last <see cref="Dec"/> came to zero.</summary>
    public void Jnz(int target)
    {
        Byte(0x0f);
        Byte(0x85);
        Int32(target - (Length + 4));
    }

    /// <summary>Back to the caller, with clean upper halves: SSE code after dirty ones is slow on some processors.</summary>
    public void Return()
    {
        Byte(0xc5); // vzeroupper
        Byte(0xf8);
        Byte(0x77);
        Byte(0xc3);
    }

    /// <summary>Fills up with breakpoints, which nothing runs into, to a multiple of `alignment`.</summary>
    public void Align(int alignment)
    {
        while (Length % alignment != 0)
            Byte(0xcc);
    }

    private void Shift(int opcode, int extension, Zmm to, Operand a, int count)
    {
        Vector(P66, M0F, opcode, extension, to.Number, a, 64);
        Byte(count);
    }

    // EVEX, 512 bits, no mask. `reg` is the register (or opcode extension) of the ModRM byte, `second` the one of the prefix;
    // a displacement that is a multiple of the memory operand's size is written as one byte that counts those.
    private void Vector(int prefix, int map, int opcode, int reg, int second, Operand rm, int bytes)
    {
        bool register = rm.Kind == OperandKind.Register, broadcast = rm.Kind == OperandKind.Broadcast;
        int baseRegister = register ? rm.Number : (int)rm.Base;
        int high = register ? baseRegister >> 4 & 1 : 0;
        Byte(0x62);
        Byte((~reg >> 3 & 1) << 7 | (1 - high) << 6 | (~baseRegister >> 3 & 1) << 5 | (~reg >> 4 & 1) << 4 | map);
        Byte((~second & 15) << 3 | 4 | prefix);
        Byte(2 << 5 | (broadcast ? 1 << 4 : 0) | (~second >> 4 & 1) << 3);
        Byte(opcode);
        if (register)
            Byte(0xc0 | (reg & 7) << 3 | baseRegister & 7);
        else
            Memory(reg, rm.Base, rm.Displacement, broadcast ? 4 : bytes);
    }

    private void Memory(int reg, Register address, int displacement, int unit)
    {
        int modRM = (reg & 7) << 3 | (int)address & 7;
        int units = displacement / unit;
        if (displacement == 0)
        {
            Byte(modRM);
        }
        else if (units * unit == displacement && units == (sbyte)units)
        {
            Byte(0x40 | modRM);
            Byte(units);
        }
        else
        {
            Byte(0x80 | modRM);
            Int32(displacement);
        }
    }

    private void Byte(int value)
    {
        if (Length == _code.Length)
            Array.Resize(ref _code, 2 * Length);
        _code[Length++] = (byte)value;
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        foreach (byte b in bytes)
            Byte(b);
    }
}
