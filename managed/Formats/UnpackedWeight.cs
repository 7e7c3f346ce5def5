using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A matrix that stays as it lies in the file: 16 rows at a time are unpacked to 16-bit integers when they are used, once for all rows of a
/// batch. All of it unpacked would take up to ten times the file's bytes.</summary>
internal abstract unsafe class UnpackedWeight(WeightFormat format, byte* data, int rows, int columns) : Weight(format, data, rows, columns)
{
    public override ActivationLayout Layout => WordGemm.Layout;

    /// <summary>Bytes of an unpacked group.</summary>
    public override long GroupBytes => (long)Blocks * WordGemm.BlockBytes;

    private int Blocks => Columns / WordGemm.BlockElements;

    public override void PackGroup(int group) => Unpack(group, Place + group * GroupBytes);

    public override byte* Group(int group, byte* scratch)
    {
        if (Place != null)
            return Place + group * GroupBytes;
        Unpack(group, scratch);
        return scratch;
    }

    /// <summary>Writes a group for <see cref="WordGemm"/>; missing rows are zeros.</summary>
    protected abstract void Unpack(int group, byte* output);

    public override void Multiply(byte* group, byte* tile, int tokens, float* output) =>
        WordGemm.Multiply(group, Blocks, tile, tokens, output);

    public override void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output) =>
        WordGemm.Multiply(group + (long)block * WordGemm.BlockBytes, 1, tile, tokens, output);
}

/// <summary>The bridge from a static format to run time.</summary>
internal sealed unsafe class UnpackedWeight<TFormat>(WeightFormat format, byte* data, int rows, int columns) : UnpackedWeight(format, data, rows, columns)
    where TFormat : unmanaged, IUnpackedFormat<TFormat>
{
    protected override void Unpack(int group, byte* output)
    {
        int first = group * Lanes.Rows;
        int count = Math.Min(Lanes.Rows, Rows - first);
        int perRow = Columns / TFormat.Elements;
        if (count < Lanes.Rows)
            NativeMemory.Clear(output, (nuint)GroupBytes);
        short* words = stackalloc short[Lanes.Rows * TFormat.Elements];
        float* scales = stackalloc float[Lanes.Rows];
        BlockRows rows = new(TFormat.Elements * sizeof(short), count);
        TFormat* source = (TFormat*)(Data + first * RowBytes);
        for (int block = 0; block < perRow; block++)
        {
            for (int row = 0; row < count; row++)
                scales[row] = TFormat.Unpack(source + (long)row * perRow + block, words + row * TFormat.Elements);
            for (int i = 0; i < TFormat.Elements; i += WordGemm.BlockElements, output += WordGemm.BlockBytes)
            {
                for (int row = 0; row < count; row++)
                    ((float*)output)[row] = scales[row];
                rows.PackWords(words + i, WordGemm.BlockElements / 2, output + WordGemm.HeaderBytes);
            }
        }
    }
}
