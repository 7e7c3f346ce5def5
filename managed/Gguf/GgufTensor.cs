namespace Realm.Gguf;

/// <summary>One tensor of the directory: where its bytes are and how they are to be read. Size and place were checked against the file.</summary>
/// <param name="Name">Name in the file, 1 to 63 bytes of UTF-8.</param>
/// <param name="Type">ggml type id.</param>
/// <param name="Shape">Extents in ggml order: <c>Shape[0]</c> is contiguous; one to four, trailing ones kept as in the file. An extent may be 0.</param>
/// <param name="Offset">Where the bytes begin, counted from the start of the file that holds them.</param>
/// <param name="Bytes">Size in bytes; <c>Offset + Bytes</c> is inside the file.</param>
/// <param name="Part">Index of the file in a split model, else 0.</param>
public sealed record GgufTensor(string Name, uint Type, long[] Shape, long Offset, long Bytes, int Part)
{
    /// <summary>Values in the tensor: the product of <see cref="Shape"/>, which is known to fit.</summary>
    public long Elements => checked(Shape[0] * Rows);

    /// <summary>Rows of <c>Shape[0]</c> contiguous values: the product of <c>Shape[1..]</c>.</summary>
    public long Rows
    {
        get
        {
            long rows = 1;
            for (int i = 1; i < Shape.Length; i++) rows *= Shape[i];
            return rows;
        }
    }

    /// <summary>The shape as in messages, for example <c>[576, 49152]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
