using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

/// <summary>Split models: two parts here, each with one tensor of two values.</summary>
public class SplitTests : TemporaryFolder
{
    private const string First = "model-00001-of-00002.gguf", Second = "model-00002-of-00002.gguf";

    private static GgufWriter Part(ushort number, string tensor, ushort count = 2, int tensors = 2) => new GgufWriter()
        .Add("split.no", number).Add("split.count", count).Add("split.tensors.count", tensors)
        .Tensor(tensor, [2], [number, number + 1]);

    private void Refused(ErrorCode code, params string[] parts) => Refused(First, code, parts);

    private void Refused(string name, ErrorCode code, params string[] parts) =>
        Expect.Error(code, () => GgufSet.Open(PathOf(name), GgufWriter.FewBlockSizes).Dispose(), parts);

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public void AnyPartOpensAll(string given)
    {
        Write(First, Part(0, "a").Add("general.architecture", "llama"));
        Write(Second, Part(1, "b"));
        using GgufSet set = GgufSet.Open(PathOf(given), GgufWriter.FewBlockSizes);
        Assert.Equal("llama", set.Metadata.Text("general.architecture"));
        Assert.Equal([("a", 0), ("b", 1)], set.Tensors.Select(t => (t.Name, t.Part)));
        foreach (GgufTensor tensor in set.Tensors)
        {
            byte[] value = new byte[4];
            set.Parts[tensor.Part].Position = tensor.Offset;
            set.Parts[tensor.Part].ReadExactly(value);
            Assert.Equal(tensor.Part, BitConverter.ToSingle(value));
        }
        set.Dispose();
        Assert.All(set.Parts, part => Assert.False(part.CanRead));
    }

    /// <summary>Merging tools write 0, and a model may be "split" into one part; both are whole, whatever their name.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void CountsThatMeanWhole(int count)
    {
        string path = Write("whole.gguf", Part(0, "a", (ushort)count, 1));
        using GgufSet set = GgufSet.Open(path, GgufWriter.FewBlockSizes);
        Assert.Single(set.Tensors);
        using GgufSet bytes = GgufSet.Open(new MemoryStream(File.ReadAllBytes(path)), "bytes", GgufWriter.FewBlockSizes);
        Assert.Single(bytes.Tensors);
    }

    [Fact]
    public void MissingPart()
    {
        Write(First, Part(0, "a"));
        Refused(ErrorCode.Split, $"{PathOf(Second)}: part 2 of 2 is missing");
        File.Delete(PathOf(First));
        Write(Second, Part(1, "b"));
        Refused(Second, ErrorCode.Split, $"{PathOf(First)}: part 1 of 2 is missing");
    }

    [Fact]
    public void MostPartsMissing()
    {
        Write("m-00001-of-65535.gguf", Part(0, "a", 65_535));
        Refused("m-00001-of-65535.gguf", ErrorCode.Split, "m-00002-of-65535.gguf: part 2 of 65535 is missing");
    }

    [Fact]
    public void NamesThatDoNotFit()
    {
        foreach (string name in new[] { "model.gguf", "model-00001-of-00002.bin", "model-1-of-2.gguf", "model-00001_of-00002.gguf", "model-0000x-of-00002.gguf", "model--0001-of-00002.gguf" })
        {
            Write(name, Part(0, "a"));
            Refused(name, ErrorCode.Split, $"{PathOf(name)}: metadata key 'split.count' is 2, but the file is not named like a part of a split model (NAME-00001-of-00002.gguf)");
        }
        Write("model-00001-of-00003.gguf", Part(0, "a"));
        Refused("model-00001-of-00003.gguf", ErrorCode.Split, "'split.count' is 2, but the file is named part 1 of 3");
        Write("model-00003-of-00002.gguf", Part(0, "a"));
        Refused("model-00003-of-00002.gguf", ErrorCode.Split, "'split.count' is 2, but the file is named part 3 of 2");
        Write("model-00000-of-00002.gguf", Part(0, "a"));
        Refused("model-00000-of-00002.gguf", ErrorCode.Split, "'split.count' is 2, but the file is named part 0 of 2");
    }

    [Theory]
    [InlineData(1, 1, First, "'split.no' is 1; part 1 of 2 must have 0")]  // counted from 1
    [InlineData(1, 0, First, "'split.no' is 1; part 1 of 2 must have 0")]  // exchanged
    [InlineData(0, 0, Second, "'split.no' is 0; part 2 of 2 must have 1")] // the same twice
    [InlineData(0, 2, Second, "'split.no' is 2; part 2 of 2 must have 1")]
    public void NumbersOutOfOrder(int first, int second, string named, string message)
    {
        Write(First, Part((ushort)first, "a"));
        Write(Second, Part((ushort)second, "b"));
        Refused(ErrorCode.Split, $"{PathOf(named)}: metadata key {message}");
    }

    [Fact]
    public void PartsOfDifferentModels()
    {
        Write(First, Part(0, "a").Add("general.architecture", "llama"));
        void Other(GgufWriter part, string message)
        {
            Write(Second, part);
            Refused(ErrorCode.Split, $"{PathOf(Second)}: metadata key {message}");
        }
        Other(new GgufWriter().Add("split.count", (ushort)2), "'split.no' is missing; part 2 of 2 must have 1");
        Other(new GgufWriter().Add("split.no", (ushort)1), "'split.count' is missing; the other parts have 2");
        Other(Part(1, "b", count: 3), "'split.count' is 3; the other parts have 2");
        Other(Part(1, "b", tensors: 7), "'split.tensors.count' is 7; the first part has 2: the parts are of different models");
        Other(Part(1, "b").Add("general.architecture", "qwen2"), "'general.architecture' is 'qwen2'; the first part has 'llama'");
    }

    [Fact]
    public void TensorsMissing()
    {
        Write(First, Part(0, "a", tensors: 3));
        Write(Second, Part(1, "b", tensors: 3));
        Refused(ErrorCode.Split, $"{PathOf(First)}: metadata key 'split.tensors.count' is 3, but the 2 parts have 2 tensors");
    }

    [Fact]
    public void TensorTwice()
    {
        Write(First, Part(0, "a"));
        Write(Second, Part(1, "a"));
        Refused(ErrorCode.Duplicate, $"{PathOf(Second)}: tensor 'a' is also in part 1");
    }

    [Fact]
    public void DamagedPartIsNamed()
    {
        Write(First, Part(0, "a"));
        File.WriteAllBytes(PathOf(Second), Part(1, "b").ToArray()[..^1]);
        Refused(ErrorCode.Bounds, $"{PathOf(Second)}: tensor 'b'");
        File.Delete(PathOf(Second));
        Directory.CreateDirectory(PathOf(Second));
        Refused(ErrorCode.NotRegular, $"{PathOf(Second)}: it is a folder");
        using FileStream alone = new(PathOf(First), FileMode.Open, FileAccess.ReadWrite, FileShare.None); // closed again
        Assert.True(alone.CanWrite);
    }

    [Fact]
    public void OutOfRangeOrOfAnotherType()
    {
        Write(First, new GgufWriter().Add("split.count", -1));
        Refused(ErrorCode.Range, "'split.count' is -1; expected 0 to 65535");
        Write(First, new GgufWriter().Add("split.count", "2"));
        Refused(ErrorCode.Type, "'split.count' is STRING; expected an integer");
    }

    /// <summary>Names come from the given path: whatever a file says of others is not followed.</summary>
    [Fact]
    public void NoNamesFromTheFile()
    {
        Directory.CreateDirectory(PathOf("elsewhere"));
        Write("elsewhere/" + Second, Part(1, "b"));
        Write(First, Part(0, "a").Add("general.name", "../elsewhere/model").Add("split.file", PathOf("elsewhere/" + Second)));
        Refused(ErrorCode.Split, $"{PathOf(Second)}: part 2 of 2 is missing");
    }

    [Fact]
    public void BytesOfOnePart() =>
        Expect.Error(ErrorCode.Split, () => GgufSet.Open(Part(0, "a").ToStream(), "bytes", GgufWriter.FewBlockSizes),
            "bytes: metadata key 'split.count' is 2: this is one part of a split model, which can only be opened by path");
}
