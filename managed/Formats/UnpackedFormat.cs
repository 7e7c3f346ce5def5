namespace Realm.Formats;

/// <summary>A format without kernels of its own.</summary>
internal unsafe class UnpackedFormat<TFormat>(uint id, string name) : WeightFormat(id, name)
    where TFormat : unmanaged, IUnpackedFormat<TFormat>
{
    public override int BlockElements => TFormat.Elements;

    public override int BlockBytes => sizeof(TFormat);

    public override void Decode(byte* blocks, float* output, long elements)
    {
        short* words = stackalloc short[TFormat.Elements];
        TFormat* block = (TFormat*)blocks;
        for (float* end = output + elements; output < end; output += TFormat.Elements, block++)
        {
            float scale = TFormat.Unpack(block, words);
            for (int i = 0; i < TFormat.Elements; i++)
                output[i] = scale * words[Words.Place(i)];
        }
    }

    internal override Weight CreateWeight(byte* data, int rows, int columns) => new UnpackedWeight<TFormat>(this, data, rows, columns);
}
