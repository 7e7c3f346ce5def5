using System.Text;
using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

public class HeaderTests
{
    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("G", "has 1 bytes, less than the magic 'GGUF'")]
    [InlineData("GGU", "has 3 bytes")]
    [InlineData("GGUF", "the version needs 4 bytes, but only 0 are left")]
    [InlineData("GGUF\u0003\0", "the version needs 4 bytes, but only 2 are left")]
    [InlineData("GGUF\u0003\0\0\0\0\0\0\0\0\0\0\0\0\0", "the number of metadata entries needs 8 bytes")]
    public void ShortFiles(string file, string message) =>
        Expect.Error(ErrorCode.Truncated, Encoding.Latin1.GetBytes(file), "model: header: ", message);

    [Theory]
    [InlineData("FUGG\0\0\0\u0003", "written for a big-endian machine")]
    [InlineData("lmgg\u0001\0\0\0", "older GGML format")]
    [InlineData("tjgg\u0001\0\0\0", "older GGML format")]
    [InlineData("GGML\u0001\0\0\0", "older GGML format")]
    [InlineData("GGJT\u0001\0\0\0", "older GGML format")]
    [InlineData("PK\u0003\u0004....", "ZIP archive")]
    [InlineData("\u0089PNG\r\n\u001A\n", "begins with '\uFFFDPNG\\u000D\\u000A\\u001A\\u000A'")]
    [InlineData("<!DOCTYPE html><html>", "HTML page")]
    [InlineData("\r\n<html lang=en>", "HTML page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00", "git-lfs pointer")]
    [InlineData("\u0040\0\0\0\0\0\0\0{\"__metadata__\":{}}", "safetensors")]
    [InlineData("GGUG", "it begins with 'GGUG'")]
    [InlineData("xy", "it begins with 'xy'")]
    public void OtherFiles(string file, string message) =>
        Expect.Error(ErrorCode.NotGguf, Encoding.Latin1.GetBytes(file), "model: header: not a GGUF file", message);

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(uint.MaxValue)]
    public void UnknownVersions(uint version) =>
        Expect.Error(ErrorCode.Version, new GgufWriter { Version = version }, $"GGUF version {version}; versions 1 to 3 are read");

    [Theory]
    [InlineData(0x01000000u)]
    [InlineData(0x03000000u)]
    public void BigEndian(uint version) =>
        Expect.Error(ErrorCode.Endian, new GgufWriter { Version = version }, $"0x{version:X8}", "big-endian");

    [Theory]
    [InlineData(1_000_001UL)]
    [InlineData(1UL << 32)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x0AAA_AAAA_AAAA_AAABUL)] // times 24 it wraps to 8
    public void TooManyTensors(ulong count) =>
        Expect.Error(ErrorCode.Limit, new GgufWriter { TensorCount = count }, $"the number of tensors is {count}; at most 1000000 is accepted");

    [Theory]
    [InlineData(65_537UL)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void TooManyKeys(ulong count) =>
        Expect.Error(ErrorCode.Limit, new GgufWriter { KeyCount = count }, $"the number of metadata entries is {count}; at most 65536 is accepted");

    [Fact]
    public void CountsBeyondTheFile()
    {
        Expect.Error(ErrorCode.Truncated, new GgufWriter { TensorCount = 1000 }, "the number of tensors is 1000, but only 8 bytes are left");
        Expect.Error(ErrorCode.Truncated, new GgufWriter { KeyCount = 1000 }, "the number of metadata entries is 1000, but only 0 bytes are left");
    }

    [Fact]
    public void OneTensorMoreThanPresent() =>
        Expect.Error(ErrorCode.Truncated, new GgufWriter { TensorCount = 2 }.TensorInfo("a", 0, [0], 0), "model");

    /// <summary>The tensor info is taken for an entry (key "name", type INT8), what is left of it for a tensor without a name.</summary>
    [Fact]
    public void OneKeyMoreThanPresent() =>
        Expect.Error(ErrorCode.Key, new GgufWriter { KeyCount = 2 }.Add("a", 1u).TensorInfo("name", 0, [1], 0), "model: tensor 0 of 1: the name is empty");

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void EveryVersion(uint version)
    {
        GgufFile file = new GgufWriter { Version = version }
            .Add("general.architecture", "llama").Add("empty", "").Add("list", new[] { "a", "", "bc" }).Add("numbers", new[] { 1, -2 })
            .Tensor("weights", [3, 2], [1, 2, 3, 4, 5, 6]).Read();
        Assert.Equal(version, file.Version);
        Assert.Equal("llama", file.Metadata.Text("general.architecture"));
        Assert.Equal("", file.Metadata.Text("empty"));
        Assert.Equal(["a", "", "bc"], file.Metadata.Texts("list")!.Select(Encoding.UTF8.GetString));
        Assert.Equal([1, -2], file.Metadata.Integers("numbers")!);
        GgufTensor tensor = Assert.Single(file.Tensors);
        Assert.Equal(("weights", 0u, file.DataOffset, 24L, 0), (tensor.Name, tensor.Type, tensor.Offset, tensor.Bytes, tensor.Part));
        Assert.Equal([3, 2], tensor.Shape);
        Assert.Equal((6, 2, "[3, 2]"), (tensor.Elements, tensor.Rows, tensor.ShapeText));
        Assert.Equal(file.Length, file.DataOffset + 24);
    }

    /// <summary>The first writers counted a closing zero as part of a string.</summary>
    [Fact]
    public void Version1StringsMayEndInZero()
    {
        GgufFile file = new GgufWriter { Version = 1 }
            .Add("general.name\0", "x\0").Add("list\0", new[] { "a\0", "\0", "" }).Tensor("w\0", [1], [1f]).Read();
        Assert.Equal("x", file.Metadata.Text("general.name"));
        Assert.Equal(["a", "", ""], file.Metadata.Texts("list")!.Select(Encoding.UTF8.GetString));
        Assert.Equal("w", file.Tensors[0].Name);
        Expect.Error(ErrorCode.Key, new GgufWriter { Version = 3 }.Add("general.name\0", "x"), "'general.name\\u0000' has a control character");
    }

    [Fact]
    public void NothingAtAll()
    {
        GgufFile file = new GgufWriter().Read();
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata.Keys);
        Assert.Equal((24, 32), (file.Length, file.DataOffset));
    }

    [Fact]
    public void BytesBehindTheEndAreIgnored()
    {
        GgufFile file = new GgufWriter { Tail = new byte[100_000] }.Tensor("w", [1], [1f]).Read();
        Assert.Equal(4, Assert.Single(file.Tensors).Bytes);
        byte[] one = new GgufWriter().Add("a", 1u).Tensor("w", [1], [1f]).ToArray();
        GgufFile first = GgufFile.Read(new MemoryStream([.. one, .. one]), GgufWriter.FewBlockSizes);
        Assert.Equal(["a"], first.Metadata.Keys);
        Assert.Single(first.Tensors);
    }
}
