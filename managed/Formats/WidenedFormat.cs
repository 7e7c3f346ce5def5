using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A format of 16-bit floating-point numbers, whose groups are widened to single precision where several tiles of activations meet them.</summary>
/// <remarks>For BF16, whose conversion is a shift, it was no faster.</remarks>
internal sealed unsafe class WidenedFormat<TFormat>(uint id, string name) : WeightFormat<TFormat, SingleGemm<TFormat>>(id, name)
    where TFormat : unmanaged, IFormat<TFormat>, ISingleTile
{
    internal override Weight CreateWeight(byte* data, int rows, int columns)
    {
        Weight weight = base.CreateWeight(data, rows, columns);
        weight.ForBatches = new WidenedWeight<TFormat>(weight);
        return weight;
    }
}

/// <summary>A matrix of such a format, for batches: converting a group costs as much as multiplying it with a tile, so it is done once for all tiles.</summary>
internal sealed unsafe class WidenedWeight<TFormat>(Weight weight) : Weight(weight.Format, null, weight.Rows, weight.Columns)
    where TFormat : unmanaged, ISingleTile
{
    public override ActivationLayout Layout => weight.Layout;

    public override bool CanBePacked => false;

    public override long GroupBytes => (long)Columns * SingleGemm<F32>.BlockBytes;

    public override void PackGroup(int group) => throw new InvalidOperationException("What is widened has no place.");

    public override byte* Group(int group, byte* scratch)
    {
        // A group that must be packed first is packed at the end of the scratch memory: what is written there never passes what is still to be read.
        byte* packed = weight.Group(group, scratch + GroupBytes - weight.GroupBytes);
        SingleGemm<TFormat>.Widen(packed, Columns, (float*)scratch);
        return scratch;
    }

    public override void Multiply(byte* group, byte* tile, int tokens, float* output) =>
        SingleGemm<F32>.Multiply(group, Columns, tile, tokens, output);

    public override void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output) =>
        SingleGemm<F32>.Multiply(group + (long)block * SingleGemm<F32>.BlockBytes, 1, tile, tokens, output);
}
