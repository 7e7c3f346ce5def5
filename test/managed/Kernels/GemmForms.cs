using Realm.Formats;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Tests.Kernels;

internal unsafe delegate void Product(byte* weights, int blocks, byte* tile, int tokens, float* output);

/// <summary>The three ways in which the kernel of a format can run.</summary>
internal sealed record GemmForms(string Format, Product Wide, Product Narrow, Product Reference)
{
    /// <summary>The emitted forms by number of tokens, of formats that have any; null where this process can't have them.</summary>
    public static IReadOnlyDictionary<string, nint[]?> Emitted { get; } = new Dictionary<string, nint[]?>
    {
        ["Q4_0"] = NibbleKernel<Q4_0>.Forms,
        ["Q4_1"] = NibbleKernel<Q4_1>.Forms,
        ["Q5_0"] = NibbleKernel<Q5_0>.Forms,
        ["Q5_1"] = NibbleKernel<Q5_1>.Forms,
        ["Q8_0"] = ByteKernel<Q8_0>.Forms,
        ["Q2_K"] = GroupKernel<Q2_K>.Forms,
        ["Q4_K"] = SuperblockKernel<Q4_K>.Forms,
        ["Q5_K"] = SuperblockKernel<Q5_K>.Forms,
        ["Q6_K"] = GroupKernel<Q6_K>.Forms,
        ["IQ4_NL"] = TableKernel<IQ4_NL>.Forms,
        ["IQ4_XS"] = TableKernel<IQ4_XS>.Forms,
        ["MXFP4"] = TableKernel<MXFP4>.Forms,
        ["NVFP4"] = TableKernel<NVFP4>.Forms,
        ["TQ1_0"] = DigitKernel<TQ1_0>.Forms,
        ["TQ2_0"] = DigitKernel<TQ2_0>.Forms,
        ["Q1_0"] = DigitKernel<Q1_0>.Forms,
        ["Q2_0"] = DigitKernel<Q2_0>.Forms,
    };

    /// <summary>The 256-bit forms with AVX-VNNI, of formats that have one.</summary>
    public static unsafe IReadOnlyDictionary<string, Product> Vnni { get; } = new Dictionary<string, Product>
    {
        ["Q4_0"] = NibbleGemm<Q4_0>.Narrow<VnniProducts>,
        ["Q4_1"] = NibbleGemm<Q4_1>.Narrow<VnniProducts>,
        ["Q5_0"] = NibbleGemm<Q5_0>.Narrow<VnniProducts>,
        ["Q5_1"] = NibbleGemm<Q5_1>.Narrow<VnniProducts>,
        ["Q8_0"] = ByteGemm<Q8_0>.Narrow<VnniProducts>,
        ["Q2_K"] = GroupGemm<Q2_K>.Narrow<VnniProducts>,
        ["Q3_K"] = GroupGemm<Q3_K>.Narrow<VnniProducts>,
        ["Q4_K"] = SuperblockGemm<Q4_K>.Narrow<VnniProducts>,
        ["Q5_K"] = SuperblockGemm<Q5_K>.Narrow<VnniProducts>,
        ["Q6_K"] = GroupGemm<Q6_K>.Narrow<VnniProducts>,
        ["TQ1_0"] = DigitGemm<TQ1_0>.Narrow<VnniProducts>,
        ["TQ2_0"] = DigitGemm<TQ2_0>.Narrow<VnniProducts>,
        ["Q1_0"] = DigitGemm<Q1_0>.Narrow<VnniProducts>,
        ["Q2_0"] = DigitGemm<Q2_0>.Narrow<VnniProducts>,
    };

    /// <summary>One for each line of the table of formats; a test checks that none is missing.</summary>
    public static unsafe IReadOnlyList<GemmForms> All { get; } =
    [
        new("F32", SingleGemm<F32>.Wide, SingleGemm<F32>.Narrow, SingleGemm<F32>.Reference),
        new("F16", SingleGemm<F16>.Wide, SingleGemm<F16>.Narrow, SingleGemm<F16>.Reference),
        new("Q4_0", NibbleGemm<Q4_0>.Wide, NibbleGemm<Q4_0>.Narrow<PairProducts>, NibbleGemm<Q4_0>.Reference),
        new("Q4_1", NibbleGemm<Q4_1>.Wide, NibbleGemm<Q4_1>.Narrow<PairProducts>, NibbleGemm<Q4_1>.Reference),
        new("Q5_0", NibbleGemm<Q5_0>.Wide, NibbleGemm<Q5_0>.Narrow<PairProducts>, NibbleGemm<Q5_0>.Reference),
        new("Q5_1", NibbleGemm<Q5_1>.Wide, NibbleGemm<Q5_1>.Narrow<PairProducts>, NibbleGemm<Q5_1>.Reference),
        new("Q8_0", ByteGemm<Q8_0>.Wide, ByteGemm<Q8_0>.Narrow<PairProducts>, ByteGemm<Q8_0>.Reference),
        new("Q2_K", GroupGemm<Q2_K>.Wide, GroupGemm<Q2_K>.Narrow<PairProducts>, GroupGemm<Q2_K>.Reference),
        new("Q3_K", GroupGemm<Q3_K>.Wide, GroupGemm<Q3_K>.Narrow<PairProducts>, GroupGemm<Q3_K>.Reference),
        new("Q4_K", SuperblockGemm<Q4_K>.Wide, SuperblockGemm<Q4_K>.Narrow<PairProducts>, SuperblockGemm<Q4_K>.Reference),
        new("Q5_K", SuperblockGemm<Q5_K>.Wide, SuperblockGemm<Q5_K>.Narrow<PairProducts>, SuperblockGemm<Q5_K>.Reference),
        new("Q6_K", GroupGemm<Q6_K>.Wide, GroupGemm<Q6_K>.Narrow<PairProducts>, GroupGemm<Q6_K>.Reference),
        Unpacked("IQ2_XXS"),
        Unpacked("IQ2_XS"),
        Unpacked("IQ3_XXS"),
        Unpacked("IQ1_S"),
        new("IQ4_NL", TableGemm<IQ4_NL>.Wide, TableGemm<IQ4_NL>.Narrow, TableGemm<IQ4_NL>.Reference),
        Unpacked("IQ3_S"),
        Unpacked("IQ2_S"),
        new("IQ4_XS", TableGemm<IQ4_XS>.Wide, TableGemm<IQ4_XS>.Narrow, TableGemm<IQ4_XS>.Reference),
        Unpacked("IQ1_M"),
        new("BF16", SingleGemm<BF16>.Wide, SingleGemm<BF16>.Narrow, SingleGemm<BF16>.Reference),
        new("TQ1_0", DigitGemm<TQ1_0>.Wide, DigitGemm<TQ1_0>.Narrow<PairProducts>, DigitGemm<TQ1_0>.Reference),
        new("TQ2_0", DigitGemm<TQ2_0>.Wide, DigitGemm<TQ2_0>.Narrow<PairProducts>, DigitGemm<TQ2_0>.Reference),
        new("MXFP4", TableGemm<MXFP4>.Wide, TableGemm<MXFP4>.Narrow, TableGemm<MXFP4>.Reference),
        new("NVFP4", TableGemm<NVFP4>.Wide, TableGemm<NVFP4>.Narrow, TableGemm<NVFP4>.Reference),
        new("Q1_0", DigitGemm<Q1_0>.Wide, DigitGemm<Q1_0>.Narrow<PairProducts>, DigitGemm<Q1_0>.Reference),
        new("Q2_0", DigitGemm<Q2_0>.Wide, DigitGemm<Q2_0>.Narrow<PairProducts>, DigitGemm<Q2_0>.Reference),
    ];

    // Formats that are unpacked when they are used.
    private static unsafe GemmForms Unpacked(string format) => new(format, WordGemm.Wide, WordGemm.Narrow, WordGemm.Reference);

    /// <summary>Those of the fast ways that this processor can run.</summary>
    public IEnumerable<(string Name, Product Run)> Fast
    {
        get
        {
            if (Lanes.Wide)
                yield return ("512-bit", Wide);
            if (Lanes.Narrow)
                yield return ("256-bit", Narrow);
            if (Lanes.Vnni && Vnni.TryGetValue(Format, out Product? vnni))
                yield return ("256-bit VNNI", vnni);
        }
    }
}
