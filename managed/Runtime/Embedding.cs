using Realm.Formats;
using Realm.Gguf;

namespace Realm.Runtime;

/// <summary>
/// The rows of the embedding, (vocabulary, hidden), read from the file whenever they are looked up. Through the map of the file, every look-up would
/// leave 64 KB of it in this process's memory (Linux maps what lies around), and end the process if somebody had shortened the file.
/// </summary>
internal sealed unsafe class Embedding(ModelFile file, GgufTensor tensor, WeightFormat format)
{
    // What is read at once, on the stack.
    private const int MostBytes = 16 << 10;

    private readonly int _width = (int)tensor.Shape[0];
    private readonly long _rowBytes = tensor.Shape[0] / format.BlockElements * format.BlockBytes;

    /// <summary>Decodes the row of `token`, which must be in the vocabulary.</summary>
    /// <exception cref="RealmException">As for <see cref="ModelFile.Read"/>.</exception>
    public void Read(int token, float* output)
    {
        int step = (int)Math.Min(_rowBytes, MostBytes / format.BlockBytes * format.BlockBytes);
        byte* blocks = stackalloc byte[step];
        int elements = step / format.BlockBytes * format.BlockElements;
        for (int i = 0; i < _width; i += elements)
        {
            int count = Math.Min(elements, _width - i), bytes = count / format.BlockElements * format.BlockBytes;
            file.Read(tensor, token * _rowBytes + (long)(i / format.BlockElements) * format.BlockBytes, new Span<byte>(blocks, bytes));
            format.Decode(blocks, output + i, count);
        }
    }
}
