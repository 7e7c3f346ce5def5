using Realm.Formats;
using Realm.Kernels;
using Realm.Kernels.Emitted;

namespace Realm.Tests.Kernels;

internal unsafe delegate void Product(byte* weights, int blocks, byte* tile, int tokens, float* output);

/// <summary>The ways in which the kernel of a format can run on x86.</summary>
internal sealed record GemmForms(string Format, Product Wide, Product Vnni, Product Narrow, Product Reference)
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

    /// <summary>One for each line of the table of formats; a test checks that none is missing.</summary>
    public static unsafe IReadOnlyList<GemmForms> All { get; } =
    [
        Of<SingleGemm<F32>>("F32"),
        Of<SingleGemm<F16>>("F16"),
        Of<NibbleGemm<Q4_0>>("Q4_0"),
        Of<NibbleGemm<Q4_1>>("Q4_1"),
        Of<NibbleGemm<Q5_0>>("Q5_0"),
        Of<NibbleGemm<Q5_1>>("Q5_1"),
        Of<ByteGemm<Q8_0>>("Q8_0"),
        Of<GroupGemm<Q2_K>>("Q2_K"),
        Of<GroupGemm<Q3_K>>("Q3_K"),
        Of<SuperblockGemm<Q4_K>>("Q4_K"),
        Of<SuperblockGemm<Q5_K>>("Q5_K"),
        Of<GroupGemm<Q6_K>>("Q6_K"),
        Of<WordGemm>("IQ2_XXS"),
        Of<WordGemm>("IQ2_XS"),
        Of<WordGemm>("IQ3_XXS"),
        Of<WordGemm>("IQ1_S"),
        Of<TableGemm<IQ4_NL>>("IQ4_NL"),
        Of<WordGemm>("IQ3_S"),
        Of<WordGemm>("IQ2_S"),
        Of<TableGemm<IQ4_XS>>("IQ4_XS"),
        Of<WordGemm>("IQ1_M"),
        Of<SingleGemm<BF16>>("BF16"),
        Of<DigitGemm<TQ1_0>>("TQ1_0"),
        Of<DigitGemm<TQ2_0>>("TQ2_0"),
        Of<TableGemm<MXFP4>>("MXFP4"),
        Of<TableGemm<NVFP4>>("NVFP4"),
        Of<DigitGemm<Q1_0>>("Q1_0"),
        Of<DigitGemm<Q2_0>>("Q2_0"),
    ];

    private static unsafe GemmForms Of<TGemm>(string format) where TGemm : unmanaged, IGemmForms =>
        new(format, TGemm.Wide, TGemm.Vnni, TGemm.Narrow, TGemm.Reference);

    /// <summary>Those of the fast ways that this processor can run.</summary>
    public IEnumerable<(string Name, Product Run)> Fast
    {
        get
        {
            if (Lanes.Wide)
                yield return ("512-bit", Wide);
            if (Lanes.Narrow)
                yield return ("256-bit", Narrow);
            if (Lanes.Vnni)
                yield return ("256-bit VNNI", Vnni);
        }
    }
}
