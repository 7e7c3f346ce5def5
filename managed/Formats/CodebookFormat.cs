using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A format without kernels of its own for many tokens, and with one for a single token.</summary>
internal sealed unsafe class CodebookFormat<TFormat>(uint id, string name) : WeightFormat(id, name)
    where TFormat : unmanaged, IUnpackedFormat<TFormat>, ICodebookBlock
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

    internal override Weight CreateWeight(byte* data, int rows, int columns) => new CodebookWeight<TFormat>(this, data, rows, columns);
}

/// <summary>A matrix of such a format.</summary>
internal sealed unsafe class CodebookWeight<TFormat>(WeightFormat format, byte* data, int rows, int columns) : UnpackedWeight<TFormat>(format, data, rows, columns)
    where TFormat : unmanaged, IUnpackedFormat<TFormat>, ICodebookBlock
{
    // Groups of 32 weights in a block.
    private const int Parts = 8;

    protected override void Multiply1(int group, byte* tile, float* output)
    {
        int count = RowsOf(group), perRow = Columns / TFormat.Elements;
        long stride = (long)perRow * sizeof(TFormat);
        float* scales = stackalloc float[Lanes.Rows];
        ushort* halves = stackalloc ushort[Lanes.Rows];
        int* ofRows = stackalloc int[Lanes.Rows * Parts], sums = stackalloc int[Lanes.Rows * Parts];
        new Span<ushort>(halves, Lanes.Rows).Clear();
        new Span<int>(ofRows, Lanes.Rows * Parts).Clear();
        new Span<float>(output, Lanes.Rows).Clear();
        Vector256<float> unit = Vector256.Create(TFormat.Unit);
        BlockRows rows = new(Parts * sizeof(int), Lanes.Rows);
        TFormat* source = Source(group);
        for (int block = 0; block < perRow; block++, tile += Parts * Int16Activations.BlockBytes)
        {
            CodebookDot.Sums<TFormat>((byte*)(source + block), stride, count, tile, halves, ofRows);
            if (!Finite.Halves((byte*)halves))
                ReportNonFinite();
            (Halves.Load((byte*)halves, 0) * unit).Store(scales);
            (Halves.Load((byte*)halves, 1) * unit).Store(scales + 8);
            rows.PackWords(ofRows, Parts, (byte*)sums);
            WordDot.Add(sums, Parts, scales, tile, output);
        }
    }
}
