using Realm.Gguf;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>The weight formats this engine has. A new one is its file and a line here.</summary>
public static class Formats
{
    /// <summary>Number in the file, name, block and packed layout of each format.</summary>
    public static IReadOnlyList<WeightFormat> All { get; } =
    [
        new WeightFormat<F32, SingleGemm<F32>>(0, "F32"),
        new WidenedFormat<F16>(1, "F16"),
        new WeightFormat<Q4_0, NibbleGemm<Q4_0>>(2, "Q4_0"),
        new WeightFormat<Q4_1, NibbleGemm<Q4_1>>(3, "Q4_1"),
        new WeightFormat<Q5_0, NibbleGemm<Q5_0>>(6, "Q5_0"),
        new WeightFormat<Q5_1, NibbleGemm<Q5_1>>(7, "Q5_1"),
        new WeightFormat<Q8_0, ByteGemm<Q8_0>>(8, "Q8_0"),
        new WeightFormat<Q2_K, GroupGemm<Q2_K>>(10, "Q2_K"),
        new WeightFormat<Q3_K, GroupGemm<Q3_K>>(11, "Q3_K"),
        new WeightFormat<Q4_K, SuperblockGemm<Q4_K>>(12, "Q4_K"),
        new WeightFormat<Q5_K, SuperblockGemm<Q5_K>>(13, "Q5_K"),
        new WeightFormat<Q6_K, GroupGemm<Q6_K>>(14, "Q6_K"),
        new CodebookFormat<IQ2_XXS>(16, "IQ2_XXS"),
        new CodebookFormat<IQ2_XS>(17, "IQ2_XS"),
        new CodebookFormat<IQ3_XXS>(18, "IQ3_XXS"),
        new CodebookFormat<IQ1_S>(19, "IQ1_S"),
        new WeightFormat<IQ4_NL, TableGemm<IQ4_NL>>(20, "IQ4_NL"),
        new CodebookFormat<IQ3_S>(21, "IQ3_S"),
        new CodebookFormat<IQ2_S>(22, "IQ2_S"),
        new WeightFormat<IQ4_XS, TableGemm<IQ4_XS>>(23, "IQ4_XS"),
        new CodebookFormat<IQ1_M>(29, "IQ1_M"),
        new WeightFormat<BF16, SingleGemm<BF16>>(30, "BF16"),
        new WeightFormat<TQ1_0, DigitGemm<TQ1_0>>(34, "TQ1_0"),
        new WeightFormat<TQ2_0, DigitGemm<TQ2_0>>(35, "TQ2_0"),
        new WeightFormat<MXFP4, TableGemm<MXFP4>>(39, "MXFP4"),
        new WeightFormat<NVFP4, TableGemm<NVFP4>>(40, "NVFP4"),
        new WeightFormat<Q1_0, DigitGemm<Q1_0>>(41, "Q1_0"),
        new WeightFormat<Q2_0, DigitGemm<Q2_0>>(42, "Q2_0"),
    ];

    /// <summary>The format with that number in GGUF files; null where this engine can't compute with it.</summary>
    public static WeightFormat? Find(uint id)
    {
        foreach (WeightFormat format in All)
        {
            if (format.Id == id)
                return format;
        }
        return null;
    }

    /// <summary>Weights and bytes of a block of any tensor type that GGML has, also of those this engine can't compute with.
    /// Null for unknown numbers and for types that GGML removed.</summary>
    public static BlockSize? BlockSize(uint id) =>
        TensorTypes.Find(id) is { Bytes: > 0 } type ? new BlockSize(type.Elements, type.Bytes) : null;

    /// <summary>GGML's name of a tensor type, for messages: "Q4_1", "Q4_0_4_4 (removed)" or "type 99".</summary>
    public static string Name(uint id) => TensorTypes.Find(id) switch
    {
        null => $"type {id}",
        { Bytes: 0 } removed => $"{removed.Name} (removed)",
        { } type => type.Name,
    };
}
