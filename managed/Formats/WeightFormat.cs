using System.Runtime.CompilerServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A weight format as the rest of the engine sees it: a row of the table <see cref="Formats.All"/>.</summary>
public abstract unsafe class WeightFormat(uint id, string name)
{
    /// <summary>The number that stands in GGUF files.</summary>
    public uint Id { get; } = id;

    /// <summary>GGML's name.</summary>
    public string Name { get; } = name;

    /// <summary>Weights in a block.</summary>
    public abstract int BlockElements { get; }

    /// <summary>Bytes of a block.</summary>
    public abstract int BlockBytes { get; }

    /// <summary>Decodes `elements` weights (whole blocks) to single precision.</summary>
    public abstract void Decode(byte* blocks, float* output, long elements);

    /// <summary>A matrix in this format, of `rows` rows of `columns` weights (whole blocks), at `data`, which must outlive it.</summary>
    internal abstract Weight CreateWeight(byte* data, int rows, int columns);
}

/// <summary>A format and the packed layout it becomes.</summary>
internal unsafe class WeightFormat<TFormat, TGemm>(uint id, string name) : WeightFormat(id, name)
    where TFormat : unmanaged, IFormat<TFormat>
    where TGemm : unmanaged, IGemm
{
    public override int BlockElements => TFormat.Elements;

    public override int BlockBytes => sizeof(TFormat);

    public override void Decode(byte* blocks, float* output, long elements)
    {
        long count = elements / TFormat.Elements;
        for (long i = 0; i < count; i++)
            TFormat.Decode((TFormat*)blocks + i, output + i * TFormat.Elements);
    }

    internal override Weight CreateWeight(byte* data, int rows, int columns) =>
        new Weight<TFormat, TGemm>(this, data, rows, columns);
}
