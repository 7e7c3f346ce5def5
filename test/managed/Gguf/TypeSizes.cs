using Realm.Gguf;

namespace Realm.Tests.Gguf;

/// <summary>The sizes of every ggml type, independent of the engine's table.</summary>
internal static class TypeSizes
{
    /// <summary>
    /// ggml's type ids with values and bytes of a block, written down here again: a wrong number in the engine's own table
    /// would move every later tensor, and these tests must not believe that table.
    /// </summary>
    public static BlockSize? BlockSizes(uint type) => type switch
    {
        0 or 26 => new(1, 4),               // F32, I32
        1 or 25 or 30 => new(1, 2),         // F16, I16, BF16
        24 => new(1, 1),                    // I8
        27 or 28 => new(1, 8),              // I64, F64
        2 or 20 => new(32, 18),             // Q4_0, IQ4_NL
        3 => new(32, 20),                   // Q4_1
        6 => new(32, 22),                   // Q5_0
        7 => new(32, 24),                   // Q5_1
        8 => new(32, 34),                   // Q8_0
        9 => new(32, 36),                   // Q8_1
        10 => new(256, 84),                 // Q2_K
        11 or 21 => new(256, 110),          // Q3_K, IQ3_S
        12 => new(256, 144),                // Q4_K
        13 => new(256, 176),                // Q5_K
        14 => new(256, 210),                // Q6_K
        15 => new(256, 292),                // Q8_K
        16 or 35 => new(256, 66),           // IQ2_XXS, TQ2_0
        17 => new(256, 74),                 // IQ2_XS
        18 => new(256, 98),                 // IQ3_XXS
        19 => new(256, 50),                 // IQ1_S
        22 => new(256, 82),                 // IQ2_S
        23 => new(256, 136),                // IQ4_XS
        29 => new(256, 56),                 // IQ1_M
        34 => new(256, 54),                 // TQ1_0
        39 => new(32, 17),                  // MXFP4
        40 => new(64, 36),                  // NVFP4
        41 => new(128, 18),                 // Q1_0
        42 => new(64, 18),                  // Q2_0
        _ => null,
    };
}
