using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>
/// The rows of a table of embeddings, (rows, width), read from the file whenever they are looked up. Through the map of the file, every look-up would
/// leave 64 KB of it in this process's memory (Linux maps what lies around), and end the process if somebody had shortened the file.
/// </summary>
internal sealed unsafe class EmbeddingRows(ITensorFile file, GgufTensor tensor, WeightFormat format, EmbeddingChange[]? changes = null)
{
    // What is read at once, on the stack.
    private const int MostBytes = 16 << 10;

    private readonly long _rowBytes = checked(tensor.Shape[0] / format.BlockElements * format.BlockBytes);

    /// <summary>Numbers of a row.</summary>
    public int Width { get; } = (int)tensor.Shape[0];

    /// <summary>Rows.</summary>
    public int Count { get; } = (int)tensor.Rows;

    /// <summary>Decodes row `index`, which must be there.</summary>
    /// <exception cref="RealmException">E_TRUNCATED when the file has become shorter; E_IO when it cannot be read; E_NUMERIC: a number of it is not finite.</exception>
    public void Read(int index, float* output)
    {
        int step = (int)Math.Min(_rowBytes, MostBytes / format.BlockBytes * format.BlockBytes);
        byte* blocks = stackalloc byte[step];
        int elements = step / format.BlockBytes * format.BlockElements;
        for (int i = 0; i < Width; i += elements)
        {
            int count = Math.Min(elements, Width - i), bytes = count / format.BlockElements * format.BlockBytes;
            file.Read(tensor, index * _rowBytes + (long)(i / format.BlockElements) * format.BlockBytes, new Span<byte>(blocks, bytes));
            format.Decode(blocks, output + i, count);
        }
        if (Finite.IndexOfOther(output, Width) >= 0)
            throw NonFinite.Error(tensor.Name, $" in row {index}");
    }

    /// <summary>Adds what adapters add to row `index`, as strong as each is.</summary>
    /// <exception cref="RealmException">As <see cref="Read"/>.</exception>
    public void Change(int index, float* output, float[]? strengths)
    {
        for (int i = 0; i < changes?.Length && strengths != null; i++)
        {
            if (strengths[changes[i].Adapter] is var strength && strength != 0)
                changes[i].Add(index, strength, output, Width);
        }
    }
}

/// <summary>A low-rank change of embeddings: s · B·A[token], s an adapter's strength times its factor. (Hu et al., 2021)</summary>
/// <param name="Adapter">Which of the model's adapters it belongs to.</param>
/// <param name="Factor">The adapter's own factor.</param>
/// <param name="A">(tokens, rank)</param>
/// <param name="B">(width, rank)</param>
internal sealed unsafe record EmbeddingChange(int Adapter, float Factor, EmbeddingRows A, nint B)
{
    /// <summary>Adds it to a row of `width` numbers.</summary>
    public void Add(int token, float strength, float* row, int width)
    {
        int rank = A.Width;
        float* low = stackalloc float[rank], up = (float*)B;
        A.Read(token, low);
        for (int i = 0; i < width; i++, up += rank)
        {
            float sum = 0;
            for (int j = 0; j < rank; j++)
                sum = MathF.FusedMultiplyAdd(up[j], low[j], sum);
            row[i] = MathF.FusedMultiplyAdd(strength * Factor, sum, row[i]);
        }
    }
}
