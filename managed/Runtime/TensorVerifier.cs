using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>Looks at every number of a file: what loading and running only see as far as they come. Reads the file without its map, in pieces.</summary>
internal static unsafe class TensorVerifier
{
    // Numbers of a piece: its bytes and they stay in the second-level cache.
    private const int PieceElements = 64 << 10;

    /// <summary>Whether the file is what its directory says, and every tensor of a format that this engine has finite.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isCancelled">Asked after each piece.</param>
    /// <returns>False: it was cancelled.</returns>
    /// <exception cref="RealmException">E_NUMERIC: names the first tensor with a number that is not finite, and its index. E_TRUNCATED, E_IO:
    /// the file changed or cannot be read.</exception>
    public static bool Verify(ModelFile file, Func<bool> isCancelled)
    {
        // No format takes more bytes than single precision does.
        byte* bytes = SystemMemory.AllocateLines(PieceElements * sizeof(float));
        float* values = (float*)SystemMemory.AllocateLines(PieceElements * sizeof(float));
        try
        {
            foreach (GgufTensor tensor in file.Tensors)
            {
                if (Formats.Formats.Find(tensor.Type) is { } format && !Verify(file, tensor, format, bytes, values, isCancelled))
                    return false;
            }
            file.CheckUnchanged();
            return true;
        }
        finally
        {
            SystemMemory.FreeLines(values);
            SystemMemory.FreeLines(bytes);
        }
    }

    private static bool Verify(ITensorFile file, GgufTensor tensor, WeightFormat format, byte* bytes, float* values, Func<bool> isCancelled)
    {
        int blocks = PieceElements / format.BlockElements;
        for (long first = 0, all = tensor.Elements / format.BlockElements; first < all; first += blocks)
        {
            if (isCancelled())
                return false;
            int count = (int)Math.Min(blocks, all - first);
            file.Read(tensor, checked(first * format.BlockBytes), new Span<byte>(bytes, checked(count * format.BlockBytes)));
            long elements = (long)count * format.BlockElements;
            format.Decode(bytes, values, elements);
            if (Finite.IndexOfOther(values, elements) is >= 0 and var index)
                throw NonFinite.Error(tensor.Name, $" at index {checked(first * format.BlockElements + index)}");
        }
        return true;
    }
}
