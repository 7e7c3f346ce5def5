using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels.Emitted;

/// <summary>
/// The emitted forms of one kernel, one for each number of tokens from 1 or 2 on: addresses of
/// `void form(byte* weights, long blocks, byte* tile, float* output)` with the System V convention, which do what
/// <see cref="IGemm.Multiply"/> does. With one token memory is what takes the time: short blocks gain 5 to 10 % from having fewer
/// instructions, for blocks of 256 the intrinsics, which ask for the weights ahead in larger pieces, are as much faster.
/// </summary>
/// <remarks>
/// .NET 10 has no 512-bit vpdpbusd and vpdpwssd, and its byte instructions take no memory operand that fills all lanes; emitted code has
/// both. A form reads and writes what its arguments point to and nothing else: it calls nothing and keeps nothing on the stack, so that
/// it can't fault or be walked through, for which there is no unwinding information. The collector does not wait for it, as for any
/// native function.
/// </remarks>
internal static unsafe class KernelForms
{
    /// <summary>The environment variable that turns emitted kernels off when it is 0.</summary>
    public const string Switch = "REALM_EMIT";

    /// <summary>Whether this process uses emitted kernels where it can have executable memory: 64-bit Linux, and a processor with AVX-512
    /// VNNI (whose registers the 512-bit library has found usable before it came here).</summary>
    public static bool Wanted { get; } =
        Lanes.Wide && OperatingSystem.IsLinux() && (X86Base.CpuId(7, 0).Ecx >> 11 & 1) != 0
        && Allowed(Environment.GetEnvironmentVariable(Switch));

    /// <summary>Whether a value of <see cref="Switch"/> leaves emitted kernels on.</summary>
    public static bool Allowed(string? setting) => setting != "0";

    /// <summary>Writes the forms: `emit` one after another for each number of tokens, from `fewest` on. The addresses by number of tokens, 0
    /// below; null where there are no emitted kernels.</summary>
    public static nint[]? Create(int fewest, Action<Assembler, int> emit)
    {
        if (!Wanted)
            return null;
        Assembler assembler = new();
        int[] starts = new int[Lanes.Tokens + 1];
        for (int tokens = fewest; tokens <= Lanes.Tokens; tokens++)
        {
            assembler.Align(64);
            starts[tokens] = assembler.Length;
            assembler.Begin();
            emit(assembler, tokens);
        }
        byte* code = ExecutableMemory.Publish(assembler.Code);
        if (code == null)
            return null;
        nint[] forms = new nint[starts.Length];
        for (int tokens = fewest; tokens < forms.Length; tokens++)
            forms[tokens] = (nint)(code + starts[tokens]);
        return forms;
    }

    /// <summary>Multiplies with the form for `tokens` if there is one.</summary>
    /// <returns>Whether there was.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Run(nint[]? forms, byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (forms == null || forms[tokens] == 0)
            return false;
        ((delegate* unmanaged<byte*, long, byte*, float*, void>)forms[tokens])(weights, blocks, tile, output);
        return true;
    }
}
