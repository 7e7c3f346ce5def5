using System.Diagnostics;
using System.Text;
using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

public class TensorDirectoryTests
{
    private const uint F32 = 0, Q4_0 = 2, I8 = 24;

    [Fact]
    public void SizesAndPlaces()
    {
        GgufFile file = new GgufWriter()
            .Tensor("a", F32, [3], new byte[12]).Tensor("b", Q4_0, [64, 3], new byte[108]).Tensor("c", 1, [5, 1, 2, 1], new byte[20]).Read();
        Assert.Equal([(0L, 12L, 3L, 1L), (32, 108, 192, 3), (160, 20, 10, 2)],
            file.Tensors.Select(t => (t.Offset - file.DataOffset, t.Bytes, t.Elements, t.Rows)));
        Assert.Equal([5, 1, 2, 1], file.Tensors[2].Shape); // trailing ones are kept
    }

    /// <summary>What other writers may do: any order, gaps, and padding left out at the end.</summary>
    [Fact]
    public void OrderAndGapsDoNotMatter()
    {
        GgufFile file = new GgufWriter()
            .TensorInfo("last", F32, [1], 128).TensorInfo("first", F32, [2], 0).TensorInfo("middle", F32, [8], 32).Data(new byte[132]).Read();
        Assert.Equal(["last", "first", "middle"], file.Tensors.Select(t => t.Name));
        Assert.Equal([128, 0, 32], file.Tensors.Select(t => t.Offset - file.DataOffset));
    }

    /// <summary>An extent of 0 is no crime of a tensor that nobody uses; it has no bytes, so it may lie anywhere in the file.</summary>
    [Fact]
    public void EmptyTensors()
    {
        GgufFile file = new GgufWriter()
            .TensorInfo("a", F32, [0], 0).TensorInfo("b", F32, [2], 0).TensorInfo("c", Q4_0, [32, 0, 7], 0)
            .TensorInfo("d", F32, [0, long.MaxValue], 0).Data(new byte[8]).Read();
        Assert.Equal([0, 8, 0, 0], file.Tensors.Select(t => t.Bytes));
        Assert.Equal([0, 2, 0, 0], file.Tensors.Select(t => t.Elements));
        Assert.Single(new GgufWriter().TensorInfo("a", F32, [0], 0).Read().Tensors); // and in a file that ends before its data
        Expect.Error(ErrorCode.Bounds, new GgufWriter().TensorInfo("a", F32, [0], 32), "tensor 'a': its 0 bytes at offset 32");
    }

    [Fact]
    public void NamesThatAreNoNames()
    {
        static GgufWriter With(params byte[] name) =>
            new GgufWriter { Tail = new byte[32] }.Info(o => o.Info(name, 1, [1], F32, 0));
        Expect.Error(ErrorCode.Key, With(), "model: tensor 0 of 1: the name is empty");
        Expect.Error(ErrorCode.Key, With((byte)'a', 0xC3), "the name 'a\uFFFD' is not UTF-8");
        Expect.Error(ErrorCode.Key, With("a\u001B[31m"u8.ToArray()), "the name 'a\\u001B[31m' has a control character");
        Expect.Error(ErrorCode.Limit, With(new byte[64]), "the length of the name is 64; at most 63 is accepted");
        Expect.Error(ErrorCode.Limit, new GgufWriter().Info(o => { o.Count(ulong.MaxValue); o.Bytes(new byte[32]); }), "the length of the name is 18446744073709551615");
        Expect.Error(ErrorCode.Truncated, new GgufWriter().Info(o => { o.Count(60); o.Bytes(new byte[32]); }), "the length of the name is 60, but only 32 bytes are left");
        byte[] longest = [.. Enumerable.Repeat((byte)'n', 63)];
        Assert.Equal(63, With(longest).Read().Tensors[0].Name.Length);
    }

    [Fact]
    public void DuplicateNames() =>
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Tensor("a", [1], [1f]).Tensor("b", [1], [1f]).Tensor("a", [1], [1f]), "model: tensor 'a': is there twice");

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    [InlineData(8u)]
    [InlineData(255u)]
    [InlineData(uint.MaxValue)]
    public void NumbersOfDimensions(uint dimensions) =>
        Expect.Error(ErrorCode.Shape, new GgufWriter().Info(o => o.Info("a"u8.ToArray(), dimensions, [1, 1, 1, 1, 1], F32, 0)),
            $"tensor 'a': has {dimensions} dimensions; expected 1 to 4");

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void NegativeExtents(ulong extent) =>
        Expect.Error(ErrorCode.Shape, new GgufWriter().TensorInfo("a", F32, [1, extent], 0), $"tensor 'a': dimension 1 is {extent}");

    [Theory]
    [InlineData(new[] { 1L << 32, 1L << 31 })]                                    // 2^63
    [InlineData(new[] { 1L << 32, 1L << 32 })]                                    // 2^64, which wraps to 0
    [InlineData(new[] { (1L << 42) + 1, 1L << 22 })]                              // wraps to a small number
    [InlineData(new[] { long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue })] // 2^252, beyond 128 bits
    [InlineData(new[] { 0, long.MaxValue, long.MaxValue })]
    public void MoreValuesThanCanBeCounted(long[] shape) =>
        Expect.Error(ErrorCode.Shape, new GgufWriter().TensorInfo("a", F32, Array.ConvertAll(shape, e => (ulong)e), 0),
            $"tensor 'a': has the shape [{string.Join(", ", shape)}], more values than can be counted");

    [Theory]
    [InlineData(F32, (1L << 62) - 1, "18446744073709551612")] // 2^64 - 4: padding it to 32 would wrap to 0
    [InlineData(F32, 1L << 62, "18446744073709551616")]       // 2^64
    [InlineData(Q4_0, 1L << 62, "2594073385365405696")]
    [InlineData(I8, 0x7FFF_FFFF_FFFF_FFC0, "9223372036854775744")]
    [InlineData(F32, 500_000, "2000000")]                     // 2 MB in a file of 100 bytes
    public void MoreBytesThanTheFile(uint type, long extent, string bytes) =>
        Expect.Error(ErrorCode.Bounds, new GgufWriter().TensorInfo("a", type, [(ulong)extent], 0).TensorInfo("b", type, [(ulong)extent], 0).Data(1, 2, 3),
            $"model: tensor 'a': its {bytes} bytes at offset 0 do not lie in the file, which has 3 bytes of tensor data");

    [Theory]
    [InlineData(Q4_0, 33L, 32)]
    [InlineData(Q4_0, 16L, 32)]
    public void RowsOfPartBlocks(uint type, long extent, int block) =>
        Expect.Error(ErrorCode.Shape, new GgufWriter().Tensor("a", type, [extent, 32], new byte[1000]),
            $"tensor 'a': has rows of {extent} values; its type {type} stores blocks of {block}");

    [Theory]
    [InlineData(4u)]
    [InlineData(31u)]
    [InlineData(1u << 31)]
    [InlineData(uint.MaxValue)]
    public void UnknownTypes(uint type) =>
        Expect.Error(ErrorCode.Unsupported, new GgufWriter().Tensor("blk.0.x", type, [32], new byte[32]), $"model: tensor 'blk.0.x': has the unknown type {type}");

    [Fact]
    public void BlocksOfNothing()
    {
        GgufWriter file = new GgufWriter().Tensor("a", 7, [32], new byte[32]);
        Expect.Error(ErrorCode.Unsupported, () => file.Read(_ => new BlockSize(0, 4)), "unknown type 7");
        Expect.Error(ErrorCode.Unsupported, () => file.Read(_ => new BlockSize(32, 0)), "unknown type 7");
    }

    [Fact]
    public void OffsetsOutsideTheFile()
    {
        static void Outside(ulong offset, ulong extent = 1) =>
            Expect.Error(ErrorCode.Bounds, new GgufWriter().TensorInfo("w", F32, [extent], offset).Data(new byte[68]),
                $"model: tensor 'w': its {4 * extent} bytes at offset {offset} do not lie in the file, which has 68 bytes of tensor data");
        Outside(1UL << 40);
        Outside(1UL << 63);
        Outside(ulong.MaxValue - 31); // with the start of the data added it would wrap to the header
        Outside(96);
        Outside(64, 2);               // the last byte is one too far
        Assert.Equal(4, new GgufWriter().TensorInfo("w", F32, [1], 64).Data(new byte[68]).Read().Tensors[0].Bytes);
    }

    [Fact]
    public void OffsetBeforeTheDataOfAFileCutInItsPadding()
    {
        byte[] file = new GgufWriter().TensorInfo("w", F32, [1], 0).ToArray();
        Expect.Error(ErrorCode.Bounds, file, "tensor 'w': its 4 bytes at offset 0 do not lie in the file, which has 0 bytes");
    }

    [Fact]
    public void FileCutInItsLastTensor()
    {
        byte[] file = new GgufWriter().Tensor("a", [8], new float[8]).Tensor("b", [8], new float[8]).ToArray();
        Expect.Error(ErrorCode.Bounds, file[..^1], "tensor 'b': its 32 bytes at offset 32 do not lie in the file, which has 63 bytes");
    }

    [Theory]
    [InlineData(1UL, 32)]
    [InlineData(48UL, 32)]
    [InlineData(32UL, 64)]
    public void OffsetsOutOfStep(ulong offset, int alignment) =>
        Expect.Error(ErrorCode.Offset, new GgufWriter().Add("general.alignment", (uint)alignment).TensorInfo("w", F32, [1], offset).Data(new byte[128]),
            $"model: tensor 'w': its offset {offset} is not a multiple of the alignment {alignment}");

    [Fact]
    public void TensorsThatShareBytes()
    {
        Expect.Error(ErrorCode.Overlap, new GgufWriter().TensorInfo("a", F32, [4], 0).TensorInfo("b", F32, [4], 0).Data(new byte[64]),
            "shares bytes with tensor", "'a'", "'b'");
        // By the last value of the first; in the file's order the other way round.
        Expect.Error(ErrorCode.Overlap, new GgufWriter().TensorInfo("a", F32, [1], 32).TensorInfo("b", F32, [9], 0).Data(new byte[64]),
            "model: tensor 'a': shares bytes with tensor 'b': 36 bytes at 96, 4 bytes at 128");
        // A long one that reaches over its neighbour to the next but one is found at the neighbour.
        Expect.Error(ErrorCode.Overlap, new GgufWriter().TensorInfo("a", F32, [99], 0).TensorInfo("b", F32, [1], 32).TensorInfo("c", F32, [1], 64).Data(new byte[396]),
            "tensor 'b': shares bytes with tensor 'a'");
    }

    [Fact]
    public void ManyTensorsAreQuick()
    {
        const int count = 200_000;
        var output = new GgufWriter.Output(narrow: false);
        byte[] name = "t000000"u8.ToArray();
        for (int i = 0; i < count; i++)
        {
            Encoding.ASCII.GetBytes(i.ToString("D6"), name.AsSpan(1));
            output.Info(name, 1, [1], I8, (ulong)(count - 1 - i)); // the other way round, so that sorting has something to do
        }
        byte[] bytes = new GgufWriter { TensorCount = count, KeyCount = 1 }
            .Add("general.alignment", 1u).Info(o => o.Bytes(output.ToArray())).Data(new byte[count]).ToArray();
        var watch = Stopwatch.StartNew(); // comparing every tensor with every other would take minutes
        Assert.Equal(count, GgufFile.Read(new MemoryStream(bytes), GgufWriter.FewBlockSizes).Tensors.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }
}
