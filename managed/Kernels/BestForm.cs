using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>A matrix product that is written once for each kind of processor: what <see cref="IGemm.Multiply"/> does, in each of its forms.</summary>
internal unsafe interface IGemmForms : IGemm
{
    /// <summary>Those made at run time, by number of tokens; null where there are none.</summary>
    static virtual nint[]? Emitted => null;

    /// <summary>512-bit.</summary>
    static abstract void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output);

    /// <summary>256-bit, where the processor has dot products of that width.</summary>
    static abstract void Vnni(byte* weights, int blocks, byte* tile, int tokens, float* output);

    /// <summary>256-bit.</summary>
    static abstract void Narrow(byte* weights, int blocks, byte* tile, int tokens, float* output);

    /// <summary>128-bit, ARM.</summary>
    static abstract void Neon(byte* weights, int blocks, byte* tile, int tokens, float* output);

    /// <summary>In plain loops.</summary>
    static abstract void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output);
}

/// <summary>The fastest form that this processor runs. All but two of the questions are answered when the library is compiled.</summary>
internal static unsafe class BestForm<TGemm> where TGemm : unmanaged, IGemmForms
{
    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        if (Lanes.Wide)
        {
            if (!KernelForms.Run(TGemm.Emitted, weights, blocks, tile, tokens, output))
                TGemm.Wide(weights, blocks, tile, tokens, output);
        }
        else if (Lanes.Vnni)
            TGemm.Vnni(weights, blocks, tile, tokens, output);
        else if (Lanes.Narrow)
            TGemm.Narrow(weights, blocks, tile, tokens, output);
        else if (Lanes.Neon)
            TGemm.Neon(weights, blocks, tile, tokens, output);
        else
            TGemm.Reference(weights, blocks, tile, tokens, output);
    }
}
