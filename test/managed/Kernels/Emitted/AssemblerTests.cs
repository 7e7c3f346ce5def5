using System.Reflection;
using Iced.Intel;
using Xunit;
using Assembler = Realm.Kernels.Emitted.Assembler;
using Operand = Realm.Kernels.Emitted.Operand;
using Register = Realm.Kernels.Emitted.Register;
using Zmm = Realm.Kernels.Emitted.Zmm;

namespace Realm.Tests.Kernels.Emitted;

/// <summary>What the assembler writes, read by Iced's decoder: each method gives the instruction of its name with its operands.</summary>
public class AssemblerTests
{
    // Registers and displacements at which the encoding changes: extension bits, one byte or four, a multiple of the unit or not.
    private static readonly Zmm[] _registers = [new(0), new(7), new(8), new(15), new(16), new(23), new(24), new(31)];
    private static readonly Register[] _addresses = [Register.Rax, Register.Rcx, Register.Rdx, Register.Rsi, Register.Rdi, Register.R8, Register.R9, Register.R10, Register.R11];
    private static readonly int[] _displacements = [0, 4, 32, 64, -64, 508, 512, -512, -516, 127 * 64, 128 * 64, 127 * 32, 1 << 20];

    public static TheoryData<string> VectorInstructions =>
        [.. typeof(Assembler).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.Name).Where(n => n.StartsWith('V')).Order()];

    private static Instruction Decode(Assembler assembler, int start)
    {
        byte[] code = assembler.Code[start..].ToArray();
        Decoder decoder = Decoder.Create(64, code);
        Instruction instruction = decoder.Decode();
        Assert.Equal(DecoderError.None, decoder.LastError);
        Assert.Equal(code.Length, instruction.Length);
        return instruction;
    }

    private static string Text(Zmm register) => $"ZMM{register.Number}";

    // Each kind of operand that the method takes at a place, with what the decoder must say of it.
    private static IEnumerable<(object Value, string Text)> Choices(ParameterInfo parameter, string method)
    {
        if (parameter.ParameterType == typeof(int))
            return [(3, "3")];
        IEnumerable<(object, string)> registers = _registers.Select(r => ((object)r, Text(r)));
        if (parameter.ParameterType == typeof(Zmm))
            return registers;
        var memory = from address in _addresses from d in _displacements select (Address: address, Displacement: d);
        IEnumerable<(object, string)> plain = memory.Select(m => ((object)Operand.At(m.Address, m.Displacement), $"[{m.Address}{m.Displacement:+0;-0;+0}]"));
        IEnumerable<(object, string)> each = memory.Select(m => ((object)Operand.Each(m.Address, m.Displacement), $"[{m.Address}{m.Displacement:+0;-0;+0}]x16"));
        return method switch
        {
            "Vmovups" or "Vpmovzxwd" or "Vpmovzxbd" => plain,
            "Vpbroadcastd" => each.Select(e => (e.Item1, e.Item2.Replace("x16", ""))),
            "Vmovdqu32" or "Vpsrlw" or "Vpsraw" or "Vpsllw" => registers.Select(r => ((object)(Operand)(Zmm)r.Item1, r.Item2)).Concat(plain),
            _ => registers.Select(r => ((object)(Operand)(Zmm)r.Item1, r.Item2)).Concat(plain).Concat(each),
        };
    }

    private static string Text(in Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
    {
        OpKind.Register => instruction.GetOpRegister(operand).ToString(),
        OpKind.Immediate8 => instruction.Immediate8.ToString(),
        _ => $"[{char.ToUpper(instruction.MemoryBase.ToString()[0])}{instruction.MemoryBase.ToString()[1..].ToLower()}{(long)instruction.MemoryDisplacement64:+0;-0;+0}]"
            + (instruction.IsBroadcast ? "x16" : ""),
    };

    [Theory]
    [MemberData(nameof(VectorInstructions))]
    public void VectorInstruction(string name)
    {
        MethodInfo method = typeof(Assembler).GetMethod(name)!;
        ParameterInfo[] parameters = method.GetParameters();
        Mnemonic mnemonic = name == "VpternlogdOrAnd" ? Mnemonic.Vpternlogd : Enum.Parse<Mnemonic>(name);
        // One operand at a time goes through all its values.
        for (int varied = 0; varied < parameters.Length; varied++)
        {
            foreach ((object value, string text) in Choices(parameters[varied], name))
            {
                (object Value, string Text)[] arguments = [.. parameters.Select((p, i) => i == varied ? (value, text) : Choices(p, name).ElementAt(1 % Choices(p, name).Count()))];
                Assembler assembler = new();
                int start = assembler.Length;
                method.Invoke(assembler, [.. arguments.Select(a => a.Value)]);
                Instruction instruction = Decode(assembler, start);
                Assert.Equal(mnemonic, instruction.Mnemonic);
                List<string> expected = [.. arguments.Select(a => a.Text)], actual = [.. Enumerable.Range(0, instruction.OpCount).Select(i => Text(instruction, i))];
                if (name == "VpternlogdOrAnd")
                    expected.Add("248"); // a | (b & c): bit 4a + 2b + c of the table
                Assert.Equal(expected, actual);
                Assert.True(instruction.OpMask == Iced.Intel.Register.None && !instruction.ZeroingMasking);
            }
        }
    }

    [Fact]
    public void GeneralInstructions()
    {
        foreach (Register register in _addresses)
        {
            string name = register.ToString().ToUpper();
            Assert.Equal($"Add {name} 1000", One(a => a.Add(register, 1000), i => $"{i.Mnemonic} {i.Op0Register} {i.GetImmediate(1)}"));
            Assert.Equal($"Dec {name}", One(a => a.Dec(register), i => $"{i.Mnemonic} {i.Op0Register}"));
            Assert.Equal($"Prefetcht0 {name} 4096", One(a => a.Prefetcht0(register, 4096), i => $"{i.Mnemonic} {i.MemoryBase} {i.MemoryDisplacement64}"));
        }
    }

    private static string One(Action<Assembler> write, Func<Instruction, string> read)
    {
        Assembler assembler = new();
        int start = assembler.Length;
        write(assembler);
        return read(Decode(assembler, start));
    }

    [Fact]
    public void JumpsGoBackAndConstantsAreFound()
    {
        Assembler assembler = new();
        int start = assembler.Length;
        assembler.Begin();
        int loop = assembler.Length;
        Operand first = assembler.Each(0x11111111), second = assembler.Each(0x22222222);
        Assert.Equal(first, assembler.Each(0x11111111));
        assembler.Dec(Register.Rsi);
        assembler.Jnz(loop);
        assembler.Return();
        assembler.Align(64);
        Assert.Equal(0, assembler.Length % 64);
        byte[] code = assembler.Code.ToArray();
        Assert.Equal([0x11111111u, 0x22222222u], new[] { first, second }.Select(o => BitConverter.ToUInt32(code, o.Displacement)));
        Assert.All([first, second], o => Assert.Equal(Register.R8, o.Base));
        Decoder decoder = Decoder.Create(64, code[start..]);
        decoder.IP = (ulong)start;
        List<Instruction> all = [.. Enumerable.Range(0, 6).Select(_ => decoder.Decode())];
        Assert.Equal([Mnemonic.Lea, Mnemonic.Dec, Mnemonic.Jne, Mnemonic.Vzeroupper, Mnemonic.Ret, Mnemonic.Int3], all.Select(i => i.Mnemonic));
        Assert.Equal((Iced.Intel.Register.R8, 0ul), (all[0].Op0Register, all[0].IPRelativeMemoryAddress));
        Assert.Equal((ulong)loop, all[2].NearBranchTarget);
    }
}
