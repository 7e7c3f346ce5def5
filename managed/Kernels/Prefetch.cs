using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Realm.Kernels;

/// <summary>Asks for weights before they are needed. Packed weights are one long stream, but a block of 256 weights is hundreds of instructions:
/// too many for the processor to run ahead into the next, so that its own prefetching reached half of the memory's bandwidth.</summary>
internal static unsafe class Prefetch
{
    /// <summary>How far ahead, in bytes: what arrives at 30 GB/s within a memory latency of 100 ns, rounded up.</summary>
    public const int Distance = 4096;

    /// <summary>Asks for `lines` (a constant, up to 16) lines of 64 bytes, <see cref="Distance"/> after `p`; the end of the weights may be passed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* p, int lines)
    {
        if (!Sse.IsSupported)
            return; // .NET has no such instruction for ARM, whose own prefetching does
        // Written out, because the compiler would keep a loop. Conditions on a constant cost nothing.
        if (lines > 0) Sse.Prefetch0(p + Distance);
        if (lines > 1) Sse.Prefetch0(p + Distance + 64);
        if (lines > 2) Sse.Prefetch0(p + Distance + 64 * 2);
        if (lines > 3) Sse.Prefetch0(p + Distance + 64 * 3);
        if (lines > 4) Sse.Prefetch0(p + Distance + 64 * 4);
        if (lines > 5) Sse.Prefetch0(p + Distance + 64 * 5);
        if (lines > 6) Sse.Prefetch0(p + Distance + 64 * 6);
        if (lines > 7) Sse.Prefetch0(p + Distance + 64 * 7);
        if (lines > 8) Sse.Prefetch0(p + Distance + 64 * 8);
        if (lines > 9) Sse.Prefetch0(p + Distance + 64 * 9);
        if (lines > 10) Sse.Prefetch0(p + Distance + 64 * 10);
        if (lines > 11) Sse.Prefetch0(p + Distance + 64 * 11);
        if (lines > 12) Sse.Prefetch0(p + Distance + 64 * 12);
        if (lines > 13) Sse.Prefetch0(p + Distance + 64 * 13);
        if (lines > 14) Sse.Prefetch0(p + Distance + 64 * 14);
        if (lines > 15) Sse.Prefetch0(p + Distance + 64 * 15);
    }

    /// <summary>Bytes that <see cref="Kilobyte"/> asks for: at 30 GB/s they come in 30 ns.</summary>
    public const int KilobyteBytes = 1024;

    /// <summary>Asks for 16 lines of 64 bytes from `p` on, for the second-level cache.</summary>
    public static void Kilobyte(byte* p)
    {
        if (!Sse.IsSupported)
            return;
        for (byte* end = p + KilobyteBytes; p < end; p += 64)
            Sse.Prefetch1(p);
    }
}
