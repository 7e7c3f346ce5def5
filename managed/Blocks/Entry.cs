using System.Runtime.CompilerServices;
using Realm.Formats;

namespace Realm.Blocks;

/// <summary>How a token becomes a row of the residual stream: here its embedding, multiplied with a scale.</summary>
internal unsafe class Entry(EmbeddingRows embedding, float scale = 1f)
{
    /// <summary>Numbers of a row: the hidden size, and behind it whatever else later layers need of the token.</summary>
    public virtual int RowSize => embedding.Width;

    /// <summary>Token ids are below it.</summary>
    public int VocabSize => embedding.Count;

    /// <summary>The embedding of a file, whatever its network is.</summary>
    /// <exception cref="RealmException">E_TENSOR_NOT_FOUND, E_UNSUPPORTED, E_SHAPE.</exception>
    public static Entry OfEmbedding(ITensorFile file)
    {
        const string Name = "token_embd.weight";
        if (!file.Views.TryGetValue(Name, out TensorView view))
            throw new RealmException(ErrorCode.TensorNotFound, $"{Name} not found");
        WeightFormat format = Formats.Formats.Find(view.Tensor.Type) ?? throw new RealmException(ErrorCode.Unsupported,
            $"Failed to dequantize embeddings: tensor '{Name}' has the format {Formats.Formats.Name(view.Tensor.Type)}, which is not supported");
        // No recipe has looked at this one.
        if (view.Tensor.Shape[0] is < 1 or > int.MaxValue || view.Tensor.Rows is < 1 or > int.MaxValue)
            throw new RealmException(ErrorCode.Shape, $"tensor '{Name}' has the shape {view.Tensor.ShapeText}; expected hidden size x vocabulary");
        return new Entry(new EmbeddingRows(file, view.Tensor, format));
    }

    /// <summary>Writes the rows of tokens, (count, row size), with adapters of these strengths. Tokens may be unaligned.</summary>
    /// <exception cref="RealmException">E_INVALID_TOKEN, E_TRUNCATED, E_IO.</exception>
    public void Fill(uint* tokens, long count, float* rows, float[]? strengths = null)
    {
        for (long i = 0; i < count; i++)
        {
            // Read once: the caller's memory may change between a check and a use.
            uint token = Unsafe.ReadUnaligned<uint>(tokens + i);
            if (token >= VocabSize)
                throw new RealmException(ErrorCode.InvalidToken, $"token {token} at index {i} is not in the vocabulary of {VocabSize}");
            Fill((int)token, rows + i * RowSize, strengths);
        }
    }

    /// <summary>Writes the row of `token`, which must be in the vocabulary.</summary>
    /// <param name="token">The token.</param>
    /// <param name="row">Of the stream.</param>
    /// <param name="strengths">How strong each of the model's adapters is; null: none is there.</param>
    /// <exception cref="RealmException">E_TRUNCATED, E_IO: the file cannot be read any more.</exception>
    public virtual void Fill(int token, float* row, float[]? strengths)
    {
        embedding.Read(token, row);
        embedding.Change(token, row, strengths);
        if (scale == 1f)
            return;
        for (int i = 0; i < embedding.Width; i++)
            row[i] *= scale;
    }
}
