namespace Realm.Blocks;

/// <summary>Rows of several parts: the embedding first, the others zeros until a block fills them.</summary>
internal sealed unsafe class WideEntry(EmbeddingRows embedding, float scale, int parts) : Entry(embedding, scale)
{
    private readonly int _width = embedding.Width;

    public override int RowSize => checked(_width * parts);

    public override void Fill(int token, float* row, float[]? strengths)
    {
        base.Fill(token, row, strengths);
        new Span<float>(row + _width, RowSize - _width).Clear();
    }
}
