using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A matrix that stays as it lies in the file: 16 rows at a time are unpacked to 16-bit integers when they are used, once for all rows of a
/// batch. All of it unpacked would take up to ten times the file's bytes.</summary>
internal abstract unsafe class UnpackedWeight(WeightFormat format, byte* data, int rows, int columns) : Weight(format, data, rows, columns)
{
    // What lies before an unpacked group: its number, and whether it is unpacked already.
    private const int HeaderBytes = 64;

    public override ActivationLayout Layout => WordGemm.Layout;

    public override bool CanBePacked => false;

    /// <summary>Bytes of an unpacked group.</summary>
    public override long GroupBytes => HeaderBytes + (long)Blocks * WordGemm.BlockBytes;

    private int Blocks => Columns / WordGemm.BlockElements;

    public override void PackGroup(int group) => Unpack(Begin(group, Place + group * GroupBytes));

    /// <summary>A group, which is unpacked as soon as a product wants more than one token of it: a single one is multiplied from the rows as they
    /// come, without writing 16 of them side by side.</summary>
    public override byte* Group(int group, byte* scratch) =>
        Place != null ? Place + group * GroupBytes + HeaderBytes : Begin(group, scratch);

    private static byte* Begin(int group, byte* memory)
    {
        byte* words = memory + HeaderBytes;
        Number(words) = group;
        IsUnpacked(words) = 0;
        return words;
    }

    private static ref int Number(byte* words) => ref ((int*)(words - HeaderBytes))[0];

    private static ref int IsUnpacked(byte* words) => ref ((int*)(words - HeaderBytes))[1];

    private void Unpack(byte* words)
    {
        if (IsUnpacked(words) != 0)
            return;
        Unpack(Number(words), words);
        IsUnpacked(words) = 1;
    }

    /// <summary>Writes a group for <see cref="WordGemm"/>; missing rows are zeros.</summary>
    protected abstract void Unpack(int group, byte* words);

    /// <summary>output[16] = a group times the first token of a tile.</summary>
    protected abstract void Multiply1(int group, byte* tile, float* output);

    public override void Multiply(byte* group, byte* tile, int tokens, float* output)
    {
        if (tokens == 1 && WordDot.IsSupported && IsUnpacked(group) == 0)
        {
            Multiply1(Number(group), tile, output);
            return;
        }
        Unpack(group);
        WordGemm.Multiply(group, Blocks, tile, tokens, output);
    }

    public override void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output)
    {
        Unpack(group);
        WordGemm.Multiply(group + (long)block * WordGemm.BlockBytes, 1, tile, tokens, output);
    }
}

/// <summary>The bridge from a static format to run time.</summary>
internal abstract unsafe class UnpackedWeight<TFormat>(WeightFormat format, byte* data, int rows, int columns) : UnpackedWeight(format, data, rows, columns)
    where TFormat : unmanaged, IUnpackedFormat<TFormat>
{
    protected TFormat* Source(int group) => (TFormat*)(Data + group * Lanes.Rows * RowBytes);

    protected int RowsOf(int group) => Math.Min(Lanes.Rows, Rows - group * Lanes.Rows);

    protected override void Unpack(int group, byte* output)
    {
        int count = RowsOf(group);
        int perRow = Columns / TFormat.Elements;
        if (count < Lanes.Rows)
            NativeMemory.Clear(output, (nuint)(Columns / WordGemm.BlockElements * WordGemm.BlockBytes));
        short* words = stackalloc short[Lanes.Rows * TFormat.Elements];
        float* scales = stackalloc float[Lanes.Rows];
        BlockRows rows = new(TFormat.Elements * sizeof(short), count);
        TFormat* source = Source(group);
        for (int block = 0; block < perRow; block++)
        {
            for (int row = 0; row < count; row++)
                scales[row] = TFormat.Unpack(source + (long)row * perRow + block, words + row * TFormat.Elements);
            if (Finite.IndexOfOther(scales, count) >= 0)
                ReportNonFinite();
            for (int i = 0; i < TFormat.Elements; i += WordGemm.BlockElements, output += WordGemm.BlockBytes)
            {
                for (int row = 0; row < count; row++)
                    ((float*)output)[row] = scales[row];
                rows.PackWords(words + i, WordGemm.BlockElements / 2, output + WordGemm.HeaderBytes);
            }
        }
    }
}
