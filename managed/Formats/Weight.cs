using System.Runtime.InteropServices;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>A matrix of weights, (rows, columns), in groups of 16 rows.</summary>
internal abstract unsafe class Weight(WeightFormat format, byte* data, int rows, int columns)
{
    private Weight? _forBatches;

    /// <summary>The format in the file.</summary>
    public WeightFormat Format { get; } = format;

    /// <summary>The tensor's name, and who is told when a number of it is not finite; set by whoever makes it.</summary>
    public (string Tensor, NonFinite To)? Report { get; set; }

    /// <summary>The rows in the file's own layout.</summary>
    protected byte* Data { get; } = data;

    /// <summary>Outputs.</summary>
    public int Rows { get; } = rows;

    /// <summary>Inputs.</summary>
    public int Columns { get; } = columns;

    /// <summary>Groups of 16 rows, the last one filled up with zeros.</summary>
    public int Groups => (Rows + Lanes.Rows - 1) / Lanes.Rows;

    /// <summary>How the activations must lie.</summary>
    public abstract ActivationLayout Layout { get; }

    /// <summary>Bytes of a packed group.</summary>
    public abstract long GroupBytes { get; }

    /// <summary>Bytes of a row in the file's layout.</summary>
    public long RowBytes => (long)(Columns / Format.BlockElements) * Format.BlockBytes;

    /// <summary>Whether there is a packed form to keep, of the file's size; if not, groups are unpacked when they are used.</summary>
    public virtual bool CanBePacked => true;

    /// <summary>Where the packed matrix lies: <see cref="Groups"/> times <see cref="GroupBytes"/>, filled by <see cref="PackGroup"/>; null for one
    /// that stays as in the file.</summary>
    public byte* Place { get; set; }

    /// <summary>The same matrix in the form that more than one tile of activations is multiplied with: the same bits, sooner.</summary>
    public Weight ForBatches
    {
        get => _forBatches ?? this;
        set => _forBatches = value;
    }

    /// <summary>The bytes of groups first..last in the file's layout.</summary>
    public (nint Start, long Length) Source(int first, int last)
    {
        long from = (long)first * Lanes.Rows * RowBytes, to = Math.Min((long)last * Lanes.Rows, Rows) * RowBytes;
        return ((nint)(Data + from), to - from);
    }

    /// <summary>Tells that a number is not finite.</summary>
    protected void ReportNonFinite() => Report?.To.Report(Report.Value.Tensor);

    /// <summary>Packs group `group` into its place; different groups may be packed by different threads.</summary>
    public abstract void PackGroup(int group);

    /// <summary>Group `group` in packed form: in its place, or written to `scratch` (of <see cref="GroupBytes"/>).</summary>
    public abstract byte* Group(int group, byte* scratch);

    /// <summary>output[t][16] = 16 rows times the first `tokens` tokens of a tile; see <see cref="IGemm.Multiply"/>.</summary>
    public abstract void Multiply(byte* group, byte* tile, int tokens, float* output);

    /// <summary>The same for block `block` alone: `tile` is one block of activations.</summary>
    public abstract void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output);
}

/// <summary>The one bridge from static formats and layouts to run time: a virtual call for each 16 rows.</summary>
internal sealed unsafe class Weight<TFormat, TGemm>(WeightFormat format, byte* data, int rows, int columns) : Weight(format, data, rows, columns)
    where TFormat : unmanaged, IFormat<TFormat>
    where TGemm : unmanaged, IGemm
{
    private int Blocks => Columns / TGemm.BlockElements;

    public override ActivationLayout Layout => TGemm.Layout;

    public override long GroupBytes => (long)Blocks * TGemm.BlockBytes;

    public override void PackGroup(int group) => Pack(group, Place + group * GroupBytes);

    public override byte* Group(int group, byte* scratch)
    {
        if (Place != null)
            return Place + group * GroupBytes;
        Pack(group, scratch);
        return scratch;
    }

    private void Pack(int group, byte* packed)
    {
        PackRows(group, packed);
        long step = (long)TGemm.BlockBytes * TFormat.Elements / TGemm.BlockElements;
        bool finite = true;
        for (byte* end = packed + GroupBytes; packed < end; packed += step)
            finite &= TFormat.IsFinite(packed);
        if (!finite)
            ReportNonFinite();
    }

    private void PackRows(int group, byte* packed)
    {
        int first = group * Lanes.Rows;
        int count = Math.Min(Lanes.Rows, Rows - first);
        if (count < Lanes.Rows)
            NativeMemory.Clear(packed, (nuint)GroupBytes);
        BlockRows rows = new(RowBytes, count);
        if (TFormat.Elements == 1)
        {
            // Rows of plain numbers: many columns at once.
            if (sizeof(TFormat) == sizeof(uint))
                rows.PackWords(Data + first * RowBytes, Columns, packed);
            else
                rows.PackHalves(Data + first * RowBytes, Columns, packed);
            return;
        }
        long step = (long)TGemm.BlockBytes * TFormat.Elements / TGemm.BlockElements;
        TFormat* block = (TFormat*)(Data + first * RowBytes);
        for (TFormat* end = block + Columns / TFormat.Elements; block < end; block++, packed += step)
            TFormat.Pack(block, rows, packed);
    }

    public override void Multiply(byte* group, byte* tile, int tokens, float* output) =>
        TGemm.Multiply(group, Blocks, tile, tokens, output);

    public override void MultiplyBlock(byte* group, int block, byte* tile, int tokens, float* output) =>
        TGemm.Multiply(group + (long)block * TGemm.BlockBytes, 1, tile, tokens, output);
}
