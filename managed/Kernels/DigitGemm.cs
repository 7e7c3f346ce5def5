using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realm.Kernels.Emitted;

namespace Realm.Kernels;

/// <summary>
/// How a format whose weights are digits lies in a packed group of 16 rows: 16 halves, the scales, then words of which lane r belongs to row r. A byte of a
/// word is a number of several digits: in base 2 and 4 bits from the lowest on, in base 3 those of the fraction byte/256, rounded up.
/// </summary>
internal interface IDigitTile
{
    /// <summary>Weights of a row in a block: a multiple of 32.</summary>
    static abstract int BlockElements { get; }

    /// <summary>Words of a row in a block.</summary>
    static abstract int Words { get; }

    /// <summary>2, of which weights are 2·digit - 1; 3 or 4, of which weights are digit - 1.</summary>
    static abstract int Base { get; }

    /// <summary>Weights 16·half to 16·half + 15 are digit <see cref="Digit"/> of the bytes of four words, of which this is the first.</summary>
    static abstract int Word(int half);

    /// <summary>See <see cref="Word"/>.</summary>
    static abstract int Digit(int half);

    /// <summary>Whether they are four digits of the bytes of one word instead.</summary>
    static virtual bool OneWord(int half) => false;
}

/// <summary>
/// Matrix product of 16 packed rows of weights of one digit with up to 8 tokens of 16-bit activations: y = sum over groups of 32 of d·dy·(sum w·a). The integer
/// sum is exact and there is one fused multiply-add a group, in file order, so every way to run it gives the same bits.
/// </summary>
/// <remarks>
/// Digits are multiplied as they are, twice what they are in base 2, and the -1 that belongs to each weight comes from the activations' sums
/// (<see cref="Int16Activations.BiasOffset"/>).
/// </remarks>
internal readonly unsafe partial struct DigitGemm<T> : IGemmForms, IWordBlock where T : unmanaged, IDigitTile
{
    /// <summary>Bytes of the scales of 16 rows, and of a word of each.</summary>
    internal const int HeaderBytes = 32, WordBytes = 64;

    // 1, 3, 9, 27, 81: a byte each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort PowerOf3(int digit) => (byte)(0x51_1b_09_03_01UL >> 8 * digit);

    private static int Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.Base / 2;
    }

    // Of the two digits in a 32-bit lane.
    private static uint Mask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)(T.Base - 1) * 0x00010001u;
    }

    public static ActivationLayout Layout => ActivationLayout.Int16;

    public static int BlockElements
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.BlockElements;
    }

    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HeaderBytes + WordBytes * T.Words;
    }

    public static nint[]? Emitted => DigitKernel<T>.Forms;

    public static void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output) => BestForm<DigitGemm<T>>.Multiply(weights, blocks, tile, tokens, output);

    /// <summary>512-bit.</summary>
    public static void Wide(byte* weights, int blocks, byte* tile, int tokens, float* output) =>
        WordBlocks.Multiply<DigitGemm<T>>(weights, blocks, tile, tokens, output);

    static int IWordBlock.LinesAhead
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockBytes / 64;
    }

    static int IWordBlock.Bias => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> IWordBlock.Scales(byte* block) => Halves.Load(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void IWordBlock.Load(byte* block, int half,
        out Vector512<short> e0, out Vector512<short> o0, out Vector512<short> e1, out Vector512<short> o1,
        out Vector512<short> e2, out Vector512<short> o2, out Vector512<short> e3, out Vector512<short> o3)
    {
        byte* word = block + HeaderBytes + WordBytes * T.Word(half);
        int digit = T.Digit(half), step = T.OneWord(half) ? 0 : WordBytes, next = T.OneWord(half) ? 1 : 0;
        Take(word, digit, out e0, out o0);
        Take(word + step, digit + next, out e1, out o1);
        Take(word + 2 * step, digit + 2 * next, out e2, out o2);
        Take(word + 3 * step, digit + 3 * next, out e3, out o3);
    }

    // That digit of the even and of the odd bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(byte* word, int digit, out Vector512<short> even, out Vector512<short> odd)
    {
        if (T.Base == 3)
        {
            // Three times a fraction of 16 bits is its first digit and, lower, the other digits.
            Vector512<ushort> bytes = Vector512.Load((ushort*)word), power = Vector512.Create(PowerOf3(digit)), three = Vector512.Create((ushort)3);
            even = Avx512BW.MultiplyHigh(Vector512.ShiftLeft(bytes, 8) * power, three).AsInt16();
            odd = Avx512BW.MultiplyHigh((bytes & Vector512.Create((ushort)0xff00)) * power, three).AsInt16();
            return;
        }
        Vector512<uint> digits = Vector512.Load((uint*)word);
        even = (Vector512.ShiftRightLogical(digits, Bits * digit) & Vector512.Create(Mask)).AsInt16();
        odd = (Vector512.ShiftRightLogical(digits, Bits * digit + 8) & Vector512.Create(Mask)).AsInt16();
        if (T.Base == 2)
        {
            even += even;
            odd += odd;
        }
    }

    // Weight k of a row.
    private static int Weight(byte* block, int row, int k)
    {
        int half = k / 16, i = k % 16 / 4;
        bool one = T.OneWord(half);
        int number = block[HeaderBytes + WordBytes * (T.Word(half) + (one ? 0 : i)) + 4 * row + k % 4], digit = T.Digit(half) + (one ? i : 0);
        return T.Base switch
        {
            2 => 2 * (number >> digit & 1) - 1,
            3 => ((number * PowerOf3(digit) & 255) * 3 >> 8) - 1,
            _ => (number >> 2 * digit & 3) - 1,
        };
    }

    /// <summary>The same in plain loops.</summary>
    public static void Reference(byte* weights, int blocks, byte* tile, int tokens, float* output)
    {
        for (int t = 0; t < tokens; t++)
        {
            for (int row = 0; row < Lanes.Rows; row++)
            {
                float c = 0;
                byte* a = tile;
                for (byte* w = weights, end = w + (long)blocks * BlockBytes; w < end; w += BlockBytes)
                {
                    for (int k = 0; k < BlockElements; k += 32, a += Int16Activations.BlockBytes)
                    {
                        short* x = (short*)a + 32 * t;
                        int sum = 0;
                        for (int i = 0; i < 32; i++)
                        {
                            // Of four activations the first and third come first.
                            int place = i / 4 * 4 + i % 2 * 2 + i % 4 / 2;
                            sum += Weight(w, row, k + i) * x[place];
                        }
                        float scale = ((float*)(a + Int16Activations.ScaleOffset))[t];
                        c = MathF.FusedMultiplyAdd(sum, Halves.Load1(w, row) * scale, c);
                    }
                }
                output[t * Lanes.Rows + row] = c;
            }
        }
    }
}
