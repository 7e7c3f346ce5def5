using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

/// <summary>What may come from the stream instead of the bytes.</summary>
public class StreamTests
{
    private static readonly byte[] _file = new GgufWriter()
        .Add("general.architecture", "llama").Add("list", Enumerable.Range(0, 50_000).ToArray()).Tensor("w", [4], new float[4]).ToArray();

    [Fact]
    public void StartsAtTheFirstByteAndStaysOpen()
    {
        var stream = new MemoryStream(_file) { Position = 100 };
        Assert.Single(GgufFile.Read(stream, GgufWriter.FewBlockSizes).Tensors);
        Assert.True(stream.CanRead);
    }

    [Fact]
    public void BytesOneAtATime()
    {
        GgufFile file = GgufFile.Read(new Dripping(_file), GgufWriter.FewBlockSizes);
        Assert.Equal(49_999, file.Metadata.Integers("list")![49_999]);
        Assert.Equal("w", file.Tensors[0].Name);
    }

    [Theory]
    [InlineData(2, "header: the magic: ")]
    [InlineData(20, "header: the magic: ")] // 64 bytes are looked at to tell what else it may be
    [InlineData(100_000, "metadata key 'list': the value: ")]
    public void FileThatBecomesShorter(int at, string where) =>
        Expect.Error(ErrorCode.Truncated, () => GgufFile.Read(new Breaking(_file, at, fails: false), GgufWriter.FewBlockSizes),
            "model: ", where, "the file became shorter while it was read");

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public void DeviceThatFails(int at) =>
        Expect.Error(ErrorCode.Io, () => GgufFile.Read(new Breaking(_file, at, fails: true), GgufWriter.FewBlockSizes, "disk/model.gguf"),
            "disk/model.gguf: reading failed (operating system error 5)");

    [Fact]
    public void ClosedStream()
    {
        var stream = new MemoryStream(_file);
        stream.Dispose();
        Expect.Error(ErrorCode.InvalidArgument, () => GgufFile.Read(stream, GgufWriter.FewBlockSizes), "model: expected an open stream");
    }

    /// <summary>Behind the metadata nothing is kept: a million tensor infos are 60 MB.</summary>
    [Fact]
    public void WhatWasReadIsDropped()
    {
        const int length = 16 << 20;
        var stream = new Sparse(length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var input = new GgufInput(stream, "model");
        Assert.Empty(input.DetachKept());
        while (input.Remaining > 0) input.Take(64, "zeros");
        Assert.Equal(length, input.Position);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>A terabyte, nearly all of it tensor data that is not there: only the directory is read.</summary>
    [Fact]
    public void SparseFile()
    {
        const long length = 1L << 40;
        byte[] front = new GgufWriter().TensorInfo("w", 0, [length / 8], 0).ToArray();
        GgufFile file = GgufFile.Read(new Sparse(length, (0, front)), GgufWriter.FewBlockSizes);
        Assert.Equal((length, length / 2), (file.Length, file.Tensors[0].Bytes));
        byte[] larger = new GgufWriter().TensorInfo("w", 0, [length / 4], 0).ToArray();
        Expect.Error(ErrorCode.Bounds, () => GgufFile.Read(new Sparse(length, (0, larger)), GgufWriter.FewBlockSizes), "tensor 'w'");
    }
}
