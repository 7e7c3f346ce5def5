using System.Diagnostics;
using System.Text;
using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

/// <summary>Files as they come: whole ones are read, damaged ones are refused in order.</summary>
public class RealFilesTests
{
    [GoldenFact]
    public void EveryGoldenFileIsRead()
    {
        string[] paths = Directory.GetFiles(Golden.Folder!, "*.gguf", SearchOption.AllDirectories);
        Assert.True(paths.Length > 150, $"only {paths.Length} files in {Golden.Folder}");
        foreach (string path in paths)
        {
            using FileStream stream = File.OpenRead(path);
            GgufFile file = GgufFile.Read(stream, TypeSizes.BlockSizes, path);
            Assert.Equal((3u, stream.Length), (file.Version, file.Length));
            if (!path.Contains("-of-")) Assert.NotEmpty(file.Metadata.RequireText("general.architecture"));
            // These files have no gaps but the padding, so a wrong size shows at the neighbour.
            long end = file.DataOffset;
            foreach (GgufTensor tensor in file.Tensors)
            {
                Assert.InRange(tensor.Offset - end, 0, 31);
                end = tensor.Offset + tensor.Bytes;
            }
            if (file.Tensors.Count > 0) Assert.InRange(file.Length - end, 0, 31);
        }
    }

    [GoldenFact]
    public void SplitModelIsTheWholeModel()
    {
        string whole = Path.Combine(Golden.Folder!, "families/llama3-ropescaled.gguf");
        using GgufSet expected = GgufSet.Open(whole, TypeSizes.BlockSizes);
        for (int given = 1; given <= 3; given++)
        {
            using GgufSet set = GgufSet.Open(Path.Combine(Golden.Folder!, $"split/llama3-ropescaled-0000{given}-of-00003.gguf"), TypeSizes.BlockSizes);
            Assert.Equal(3, set.Parts.Count);
            Assert.Equal(expected.Metadata.RequireText("general.architecture"), set.Metadata.RequireText("general.architecture"));
            Dictionary<string, GgufTensor> tensors = set.Tensors.ToDictionary(t => t.Name);
            Assert.Equal(expected.Tensors.Count, tensors.Count);
            foreach (GgufTensor tensor in expected.Tensors)
            {
                GgufTensor part = tensors[tensor.Name];
                Assert.Equal(Bytes(expected, tensor), Bytes(set, part));
                Assert.Equal((tensor.Type, tensor.ShapeText), (part.Type, part.ShapeText));
            }
        }
    }

    [Fact]
    public void TinyAtlas()
    {
        using GgufSet set = GgufSet.Open(Golden.TinyAtlas, TypeSizes.BlockSizes);
        Assert.Equal("llama", set.Metadata.RequireText("general.architecture"));
        Assert.Equal(38, set.Tensors.Count);
        Assert.Equal(32, set.Metadata.Keys.Count);
        Assert.Equal(set.Metadata.Texts("tokenizer.ggml.tokens")!.Length, set.Tensors.Single(t => t.Name == "token_embd.weight").Rows);
    }

    /// <summary>A download that stopped: wherever it did, the reader says so.</summary>
    [Fact]
    public void EveryPrefixOfTheMetadata()
    {
        byte[] bytes = File.ReadAllBytes(Golden.TinyAtlas);
        GgufFile whole = GgufFile.Read(new MemoryStream(bytes), TypeSizes.BlockSizes);
        // The last info: its name, number of extents, extents, type and offset.
        GgufTensor last = whole.Tensors[^1];
        int end = bytes.AsSpan(0, (int)whole.DataOffset).LastIndexOf(Encoding.UTF8.GetBytes(last.Name)) + last.Name.Length + 4 + 8 * last.Shape.Length + 4 + 8;
        for (int length = 0; length < whole.DataOffset + 100; length++)
        {
            var e = Assert.Throws<RealmException>(() => GgufFile.Read(new MemoryStream(bytes, 0, length), TypeSizes.BlockSizes));
            ErrorCode expected = length < end ? ErrorCode.Truncated : ErrorCode.Bounds;
            Assert.True(expected == e.Code, $"{length} bytes: {e.Code}: {e.Message}");
        }
    }

    /// <summary>One byte wrong, anywhere before the tensor data: a model or an error in order, quickly.</summary>
    [Fact]
    public void SingleWrongBytes()
    {
        byte[] bytes = File.ReadAllBytes(Golden.TinyAtlas);
        GgufFile whole = GgufFile.Read(new MemoryStream(bytes), TypeSizes.BlockSizes);
        var random = new Random(20250505);
        var codes = new HashSet<ErrorCode>();
        for (int i = 0; i < 500; i++)
        {
            // Half of them in the part that is dense with counts, types and offsets.
            int from = i % 2 == 0 ? 0 : bytes.AsSpan().IndexOf("token_embd.weight"u8) - 8;
            int at = random.Next(from, (int)whole.DataOffset);
            byte right = bytes[at];
            bytes[at] = (byte)(right ^ random.Next(1, 256));
            var watch = Stopwatch.StartNew();
            try
            {
                GgufFile file = GgufFile.Read(new MemoryStream(bytes), TypeSizes.BlockSizes);
                Assert.All(file.Tensors, t => Assert.InRange(t.Offset + t.Bytes, file.DataOffset, file.Length));
                ReadEverything(file.Metadata);
                codes.Add(ErrorCode.Ok);
            }
            catch (RealmException e)
            {
                Assert.InRange(e.Message.Length, 10, 1000);
                Assert.DoesNotContain(e.Message, char.IsControl);
                codes.Add(e.Code);
            }
            Assert.True(watch.Elapsed.TotalSeconds < 60, $"byte {at} as {bytes[at]}: {watch.Elapsed}");
            bytes[at] = right;
        }
        Assert.True(codes.Count >= 6, $"too few kinds of damage: {string.Join(", ", codes)}");
    }

    /// <summary>Every accessor of every key: each answers or refuses in order.</summary>
    private static void ReadEverything(GgufMetadata metadata)
    {
        foreach (string key in metadata.Keys)
        {
            Func<object?>[] accessors =
            [
                () => metadata.Text(key), () => metadata.Integer(key), () => metadata.Number(key), () => metadata.Flag(key),
                () => metadata.Texts(key), () => metadata.Integers(key), () => metadata.Numbers(key), () => metadata.Flags(key),
            ];
            int answers = 0;
            foreach (Func<object?> accessor in accessors)
            {
                try
                {
                    if (accessor() is not null) answers++;
                }
                catch (RealmException e)
                {
                    Assert.Contains(e.Code, new[] { ErrorCode.Type, ErrorCode.Range });
                }
            }
            Assert.InRange(answers, 1, 8);
        }
    }

    private static byte[] Bytes(GgufSet set, GgufTensor tensor)
    {
        byte[] bytes = new byte[tensor.Bytes];
        set.Parts[tensor.Part].Position = tensor.Offset;
        set.Parts[tensor.Part].ReadExactly(bytes);
        return bytes;
    }
}
