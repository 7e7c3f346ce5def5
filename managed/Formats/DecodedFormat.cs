namespace Realm.Formats;

/// <summary>A format without kernels of its own: its weights are decoded when they are used.</summary>
internal sealed unsafe class DecodedFormat<TFormat>(uint id, string name) : WeightFormat(id, name)
    where TFormat : unmanaged, IBlock<TFormat>
{
    public override int BlockElements => TFormat.Elements;

    public override int BlockBytes => sizeof(TFormat);

    public override void Decode(byte* blocks, float* output, long elements)
    {
        long count = elements / TFormat.Elements;
        for (long i = 0; i < count; i++)
            TFormat.Decode((TFormat*)blocks + i, output + i * TFormat.Elements);
    }

    internal override Weight CreateWeight(byte* data, int rows, int columns) => new DecodedWeight<TFormat>(this, data, rows, columns);
}
