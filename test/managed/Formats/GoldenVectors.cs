using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>The file of golden vectors: for each GGML type a tensor of blocks, named after the type, and its values in single precision.</summary>
internal static class GoldenVectors
{
    private const string Name = "quants/vectors.gguf";

    /// <summary>The blocks of type `name` and the decoded values that go with them.</summary>
    public static (byte[] Blocks, float[] Expected) Read(string name)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Golden.Folder!, Name));
        GgufFile file = GgufFile.Read(stream, Realm.Formats.Formats.BlockSize, Name);
        byte[] expected = Bytes(stream, file, name + ".expected");
        float[] values = new float[expected.Length / sizeof(float)];
        Buffer.BlockCopy(expected, 0, values, 0, expected.Length);
        return (Bytes(stream, file, name), values);
    }

    private static byte[] Bytes(FileStream stream, GgufFile file, string name)
    {
        GgufTensor tensor = Assert.Single(file.Tensors, t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase));
        byte[] bytes = new byte[tensor.Bytes];
        stream.Position = tensor.Offset;
        stream.ReadExactly(bytes);
        return bytes;
    }
}
