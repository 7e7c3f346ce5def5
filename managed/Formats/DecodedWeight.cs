using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A matrix that stays as it lies in the file: 16 rows at a time are decoded to single precision when they are used, once for all rows of a
/// batch. Packed like that they would take up to twenty times the file's bytes.</summary>
internal abstract unsafe class DecodedWeight(WeightFormat format, byte* data, int rows, int columns) : Weight(format, data, rows, columns)
{
    public override ActivationLayout Layout => SingleGemm<F32>.Layout;

    /// <summary>Bytes of a decoded group.</summary>
    public override long GroupBytes => (long)Columns * SingleGemm<F32>.BlockBytes;

    public override void PackGroup(int group) => Unpack(group, (float*)(Place + group * GroupBytes));

    public override byte* Group(int group, byte* scratch)
    {
        if (Place != null)
            return Place + group * GroupBytes;
        Unpack(group, (float*)scratch);
        return scratch;
    }

    /// <summary>Decodes a group: for each column the 16 rows side by side, missing rows as zeros.</summary>
    protected abstract void Unpack(int group, float* output);

    public override void Multiply(byte* group, byte* tile, int tokens, float* output) =>
        SingleGemm<F32>.Multiply(group, Columns, tile, tokens, output);

    public override void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output) =>
        SingleGemm<F32>.Multiply(group + (long)block * SingleGemm<F32>.BlockBytes, 1, tile, tokens, output);
}

/// <summary>The bridge from a static format to run time.</summary>
internal sealed unsafe class DecodedWeight<TFormat>(WeightFormat format, byte* data, int rows, int columns) : DecodedWeight(format, data, rows, columns)
    where TFormat : unmanaged, IBlock<TFormat>
{
    protected override void Unpack(int group, float* output)
    {
        int first = group * Lanes.Rows;
        int count = Math.Min(Lanes.Rows, Rows - first);
        int perRow = Columns / TFormat.Elements;
        if (count < Lanes.Rows)
            NativeMemory.Clear(output, (nuint)GroupBytes);
        float* values = stackalloc float[TFormat.Elements];
        TFormat* source = (TFormat*)(Data + first * RowBytes);
        // Block by block, so that what is written stays in the first-level cache until all rows are there.
        for (int block = 0; block < perRow; block++, output += Lanes.Rows * TFormat.Elements)
        {
            for (int row = 0; row < count; row++)
            {
                TFormat.Decode(source + (long)row * perRow + block, values);
                for (int i = 0; i < TFormat.Elements; i++)
                    output[Lanes.Rows * i + row] = values[i];
            }
        }
    }
}
