using System.Runtime.InteropServices;

namespace Realm.Kernels.Emitted;

/// <summary>Pages of machine code: written while they can't be executed, and executable when they can't be written any more.</summary>
internal static unsafe class ExecutableMemory
{
    // mmap(2): PROT_READ, PROT_WRITE, PROT_EXEC; MAP_PRIVATE | MAP_ANONYMOUS.
    private const int Read = 1, Write = 2, Execute = 4;
    private const int PrivateAnonymous = 0x22;

    /// <summary>Copies code into executable pages, which stay until the process ends (threads may be in them).
    /// Null where the system forbids such pages.</summary>
    public static byte* Publish(ReadOnlySpan<byte> code)
    {
        nuint length = (nuint)code.Length;
        nint pages = Map(0, length, Read | Write, PrivateAnonymous, -1, 0);
        if (pages == -1)
            return null;
        code.CopyTo(new Span<byte>((void*)pages, code.Length));
        if (Protect(pages, length, Read | Execute) == 0)
            return (byte*)pages;
        _ = Unmap(pages, length);
        return null;
    }

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [DllImport("libc", EntryPoint = "mprotect")]
    private static extern int Protect(nint address, nuint length, int protection);

    [DllImport("libc", EntryPoint = "munmap")]
    private static extern int Unmap(nint address, nuint length);
}
