using System.Diagnostics;
using System.Text;
using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

public class MetadataTests
{
    [Fact]
    public void EveryType()
    {
        GgufMetadata metadata = new GgufWriter()
            .Add("u8", (byte)200).Add("i8", (sbyte)-3).Add("u16", (ushort)60_000).Add("i16", (short)-4)
            .Add("u32", 4_000_000_000u).Add("i32", -5).Add("u64", 1UL << 40).Add("i64", long.MinValue)
            .Add("f32", 1.5f).Add("f64", -2.25).Add("yes", true).Add("no", false).Add("text", "Gr\u00FC\u00DFe")
            .ReadMetadata();
        Assert.Equal(["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "yes", "no", "text"], metadata.Keys);
        Assert.Equal([200, -3, 60_000, -4, 4_000_000_000, -5, 1L << 40, long.MinValue],
            metadata.Keys.Take(8).Select(key => metadata.Integer(key)!.Value));
        Assert.Equal([200, -3, 60_000, -4, 4_000_000_000, -5, 1L << 40, long.MinValue, 1.5, -2.25],
            metadata.Keys.Take(10).Select(key => metadata.Number(key)!.Value));
        Assert.True(metadata.Flag("yes"));
        Assert.False(metadata.Flag("no"));
        Assert.Equal("Gr\u00FC\u00DFe", metadata.Text("text"));
        Assert.DoesNotContain(metadata.Keys, metadata.IsArray);
    }

    [Fact]
    public void EveryArray()
    {
        GgufMetadata metadata = new GgufWriter()
            .AddRaw("u8", 9, o => { o.UInt32(0); o.Count(2); o.Bytes(1, 255); })
            .Add("i8", new sbyte[] { 1, -1 }).Add("u16", new ushort[] { 1, 65_535 }).Add("i16", new short[] { 1, -2 })
            .Add("u32", new[] { 1u, uint.MaxValue }).Add("i32", new[] { 1, -3 }).Add("u64", new[] { 1UL, 1UL << 62 }).Add("i64", new[] { 1L, -4L })
            .Add("f32", new[] { 1f, 0.5f }).Add("f64", new[] { 1d, 0.25 }).Add("flags", new[] { true, false })
            .Add("texts", new[] { "a", "", "\u00E9" }).Add("none", Array.Empty<int>()).Add("nothing", Array.Empty<string>())
            .ReadMetadata();
        long[] second = [255, -1, 65_535, -2, uint.MaxValue, -3, 1L << 62, -4];
        foreach ((string key, long expected) in metadata.Keys.Zip(second))
        {
            Assert.Equal([1, expected], metadata.Integers(key)!);
            Assert.Equal([1.0, expected], metadata.Numbers(key)!);
        }
        Assert.Equal([1, 0.5], metadata.Numbers("f32")!);
        Assert.Equal([1, 0.25], metadata.Numbers("f64")!);
        Assert.Equal([true, false], metadata.Flags("flags")!);
        Assert.Equal(["a", "", "\u00E9"], metadata.Texts("texts")!.Select(Encoding.UTF8.GetString));
        Assert.Empty(metadata.Integers("none")!);
        Assert.Empty(metadata.Texts("nothing")!);
        Assert.Empty(metadata.Integers("nothing")!); // no element, so none of a wrong type
        Assert.All(metadata.Keys, key => Assert.True(metadata.IsArray(key)));
    }

    [Fact]
    public void AbsentKeys()
    {
        GgufMetadata metadata = new GgufWriter().ReadMetadata();
        Assert.False(metadata.Contains("x") || metadata.IsArray("x"));
        Assert.Null(metadata.Text("x"));
        Assert.Null(metadata.Integer("x"));
        Assert.Null(metadata.Number("x"));
        Assert.Null(metadata.Flag("x"));
        Assert.Null(metadata.Texts("x"));
        Assert.Null(metadata.Integers("x"));
        Assert.Null(metadata.Numbers("x"));
        Assert.Null(metadata.Flags("x"));
        Expect.Error(ErrorCode.MissingKey, () => metadata.RequireText("a.b"), "model: metadata key 'a.b' is missing; expected a string");
        Expect.Error(ErrorCode.MissingKey, () => metadata.RequireInteger("a.b", 1, 2), "metadata key 'a.b' is missing; expected an integer");
    }

    [Fact]
    public void WrongTypes()
    {
        GgufMetadata metadata = new GgufWriter().Add("text", "3").Add("number", 3u).Add("float", 3f).Add("flag", true)
            .Add("numbers", new[] { 3 }).Add("texts", new[] { "3" }).ReadMetadata();
        void Wrong(Func<object?> ask, string message) => Expect.Error(ErrorCode.Type, () => ask(), "model: metadata key ", message);
        Wrong(() => metadata.Integer("text"), "'text' is STRING; expected an integer");
        Wrong(() => metadata.Integer("float"), "'float' is FLOAT32; expected an integer");
        Wrong(() => metadata.Integer("flag"), "'flag' is BOOL; expected an integer");
        Wrong(() => metadata.Integer("numbers"), "'numbers' is an array of INT32; expected an integer");
        Wrong(() => metadata.RequireInteger("text", 0, 9), "'text' is STRING; expected an integer");
        Wrong(() => metadata.Number("text"), "'text' is STRING; expected a number");
        Wrong(() => metadata.Number("flag"), "'flag' is BOOL; expected a number");
        Wrong(() => metadata.Flag("number"), "'number' is UINT32; expected a flag");
        Wrong(() => metadata.Text("number"), "'number' is UINT32; expected a string");
        Wrong(() => metadata.Text("texts"), "'texts' is an array of STRING; expected a string");
        Wrong(() => metadata.Texts("text"), "'text' is STRING; expected an array of strings");
        Wrong(() => metadata.Texts("numbers"), "'numbers' is an array of INT32; expected an array of strings");
        Wrong(() => metadata.Integers("number"), "'number' is UINT32; expected an array of integers");
        Wrong(() => metadata.Integers("texts"), "'texts' is an array of STRING; expected an array of integers");
        Wrong(() => metadata.Numbers("texts"), "'texts' is an array of STRING; expected an array of numbers");
        Wrong(() => metadata.Flags("texts"), "'texts' is an array of STRING; expected an array of flags");
    }

    [Fact]
    public void NumbersOutOfRange()
    {
        GgufMetadata metadata = new GgufWriter().Add("big", ulong.MaxValue).Add("bigs", new[] { 1UL, 1UL << 63 }).Add("three", (byte)3).Add("minus", -1).ReadMetadata();
        Assert.Equal(3, metadata.RequireInteger("three", 3, 3));
        Expect.Error(ErrorCode.Range, () => metadata.RequireInteger("three", 4, 9), "'three' is 3; expected 4 to 9");
        Expect.Error(ErrorCode.Range, () => metadata.RequireInteger("three", 0, 2), "'three' is 3; expected 0 to 2");
        Expect.Error(ErrorCode.Range, () => metadata.RequireInteger("minus", 0, 9), "'minus' is -1");
        Expect.Error(ErrorCode.Range, () => metadata.Integer("big"), "'big' is larger than 9223372036854775807");
        Expect.Error(ErrorCode.Range, () => metadata.Integers("bigs"), "'bigs' is larger than");
        Assert.Equal(ulong.MaxValue, metadata.Number("big"));
    }

    [Fact]
    public void AnyByteButZeroIsTrue() =>
        Assert.True(new GgufWriter().AddRaw("flag", 7, o => o.Bytes(255)).ReadMetadata().Flag("flag"));

    /// <summary>Names and templates in the wild are not always UTF-8; a stray byte must not make the model unusable.</summary>
    [Fact]
    public void TextThatIsNotUtf8()
    {
        byte[] text = [(byte)'a', 0xFF, 0xED, 0xA0, 0x80, (byte)'b'];
        GgufMetadata metadata = new GgufWriter().AddUtf8("general.name", text).Add("tokens", new[] { text }).ReadMetadata();
        Assert.StartsWith("a\uFFFD", metadata.Text("general.name"));
        Assert.EndsWith("\uFFFDb", metadata.Text("general.name"));
        Assert.Equal(text, metadata.Texts("tokens")![0]);
    }

    [Fact]
    public void KeysThatAreNoNames()
    {
        static GgufWriter With(params byte[] key) => new GgufWriter { Tail = new byte[8] }.AddRaw(key, 0, o => o.Bytes(1));
        Expect.Error(ErrorCode.Key, With(), "metadata entry 0 of 1: the key is empty");
        Expect.Error(ErrorCode.Key, With((byte)'a', 0xFF), "the key 'a\uFFFD' is not UTF-8");
        Expect.Error(ErrorCode.Key, With(0xED, 0xA0, 0x80), "is not UTF-8");
        Expect.Error(ErrorCode.Key, With((byte)'a', 0), "the key 'a\\u0000' has a control character");
        Expect.Error(ErrorCode.Key, With("\u001B[2J"u8.ToArray()), "the key '\\u001B[2J' has a control character");
        Expect.Error(ErrorCode.Key, With("a\nb"u8.ToArray()), "'a\\u000Ab'");
        Assert.True(With([.. Enumerable.Repeat((byte)'k', 65_535)]).ReadMetadata().Contains(new string('k', 65_535)));
        Expect.Error(ErrorCode.Limit, With(new byte[65_536]), "the length of the key is 65536; at most 65535 is accepted");
        Expect.Error(ErrorCode.Limit, new GgufWriter().Entry(o => { o.Count(ulong.MaxValue); o.UInt64(0); }), "the length of the key is 18446744073709551615");
        Expect.Error(ErrorCode.Truncated, new GgufWriter().Entry(o => { o.Count(5000); o.UInt64(0); }), "the length of the key is 5000, but only 8 bytes are left");
    }

    [Theory]
    [InlineData("__proto__")]
    [InlineData("constructor")]
    public void KeysThatAreNamesInJavaScript(string key) =>
        Assert.Equal(7, new GgufWriter().Add(key, 7).ReadMetadata().Integer(key));

    [Fact]
    public void DuplicateKeys()
    {
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add("a", 1).Add("b", 2).Add("a", 1), "metadata key 'a': is there twice");
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add("general.alignment", 32u).Add("general.alignment", 64u), "'general.alignment': is there twice");
    }

    [Theory]
    [InlineData(13u)]
    [InlineData(255u)]
    [InlineData(uint.MaxValue)]
    public void UnknownTypes(uint type)
    {
        Expect.Error(ErrorCode.Type, new GgufWriter().AddRaw("k", type, o => o.UInt64(0)), $"metadata key 'k': the value type is {type}; GGUF has the types 0 to 12");
        Expect.Error(ErrorCode.Type, new GgufWriter().AddRaw("k", 9, o => { o.UInt32(type); o.Count(0); }), $"the element type is {type}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(200_000)]
    public void ArraysOfArrays(int levels) => Expect.Error(ErrorCode.Nested, new GgufWriter().AddRaw("k", 9, o =>
    {
        for (int i = 0; i < levels; i++) { o.UInt32(9); o.Count(1); }
        o.UInt32(0); o.Count(0);
    }), "metadata key 'k': an array of arrays");

    [Theory]
    [InlineData(1UL << 63, ErrorCode.Limit)]
    [InlineData(ulong.MaxValue, ErrorCode.Limit)]
    [InlineData((16UL << 20) + 1, ErrorCode.Limit)]
    [InlineData(1UL << 31, ErrorCode.Limit)]
    [InlineData(9UL, ErrorCode.Truncated)]
    public void StringLengths(ulong length, ErrorCode code)
    {
        string message = $"metadata key 'k': the length of the string is {length}";
        Expect.Error(code, new GgufWriter().AddRaw("k", 8, o => { o.Count(length); o.UInt64(0); }), message);
        Expect.Error(code, new GgufWriter().AddRaw("k", 9, o => { o.UInt32(8); o.Count(1); o.Count(length); o.UInt64(0); }), message);
    }

    [Theory]
    [InlineData(0u, 1UL << 30, ErrorCode.Limit)]
    [InlineData(0u, 1UL << 20, ErrorCode.Truncated)]
    [InlineData(10u, (1UL << 61) + 1, ErrorCode.Limit)] // times 8 it wraps to 8
    [InlineData(10u, 1UL << 63, ErrorCode.Limit)]
    [InlineData(8u, 3UL, ErrorCode.Truncated)]          // three strings have at least 24 bytes
    [InlineData(10u, 3UL, ErrorCode.Truncated)]
    [InlineData(8u, (16UL << 20) + 1, ErrorCode.Limit)]
    public void ArrayLengths(uint element, ulong length, ErrorCode code) =>
        Expect.Error(code, new GgufWriter().AddRaw("k", 9, o => { o.UInt32(element); o.Count(length); o.UInt64(0); o.UInt64(0); }),
            $"metadata key 'k': the length of the array is {length}");

    [Fact]
    public void ValueCutOff() =>
        Expect.Error(ErrorCode.Truncated, new GgufWriter().AddRaw("k", 10, o => o.UInt32(0)), "metadata key 'k': the value needs 8 bytes, but only 4 are left");

    /// <summary>Three arrays of 128 MiB in a sparse file of a terabyte: every length is honest, so only the limit on the whole can stop it.</summary>
    [Fact]
    public void MetadataThatIsTooLarge()
    {
        const long arrayBytes = 128L << 20;
        byte[] header = new GgufWriter { KeyCount = 3 }.ToArray();
        byte[] Entry(string key) => new GgufWriter().AddRaw(key, 9, o => { o.UInt32(12); o.Count(16 << 20); }).ToArray()[24..];
        long second = header.Length + Entry("a").Length + arrayBytes, third = second + Entry("b").Length + arrayBytes;
        var stream = new Sparse(1L << 40, (0, [.. header, .. Entry("a")]), (second, Entry("b")), (third, Entry("c")));
        Expect.Error(ErrorCode.Limit, () => GgufFile.Read(stream, GgufWriter.FewBlockSizes), "metadata key 'b': the metadata is larger than 268435456 bytes");
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(64u)]
    [InlineData(1u << 20)]
    public void Alignments(uint alignment)
    {
        GgufFile file = new GgufWriter().Add("general.alignment", alignment).Tensor("a", [1], [1f]).Tensor("b", [1], [1f]).Read();
        Assert.Equal(0, file.DataOffset % alignment);
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.Offset % alignment));
        Assert.Equal(file.Length, file.Tensors[1].Offset + 4);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(13u)]
    [InlineData(24u)]
    [InlineData(33u)]
    [InlineData(1u << 21)]
    [InlineData(1u << 31)]
    public void ImpossibleAlignments(uint alignment) =>
        Expect.Error(ErrorCode.Align, new GgufWriter().Add("general.alignment", alignment),
            $"model: metadata key 'general.alignment' is {alignment}; expected a power of two from 1 to 1048576");

    [Fact]
    public void AlignmentsOfAnotherType()
    {
        foreach ((object value, string type) in new (object, string)[] { (32, "INT32"), (32UL, "UINT64"), ("32", "STRING"), (new[] { 32u }, "ARRAY") })
            Expect.Error(ErrorCode.Type, new GgufWriter().Add("general.alignment", value), $"'general.alignment' is {type}; expected UINT32");
    }

    [Fact]
    public void LargeVocabulariesAreQuickAndCompact()
    {
        string[] tokens = [.. Enumerable.Range(0, 262_144).Select(i => $"token {i}")];
        byte[] bytes = new GgufWriter().Add("tokens", tokens).Add("scores", new float[tokens.Length]).ToArray();
        TimeSpan quickest = TimeSpan.MaxValue;
        for (int i = 0; i < 5; i++) // the machine may be busy, but not with all five
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            byte[][] texts = GgufFile.Read(new MemoryStream(bytes), GgufWriter.FewBlockSizes).Metadata.Texts("tokens")!;
            if (watch.Elapsed < quickest) quickest = watch.Elapsed;
            // The buffer as it doubled, what is kept of it, and an object and a reference a token.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5L * bytes.Length + 48L * tokens.Length);
            Assert.Equal(tokens[^1], Encoding.UTF8.GetString(texts[^1]));
        }
        Assert.InRange(quickest.TotalMilliseconds, 0, 1500); // unoptimised code on a loaded machine; else about 20
    }

    [Fact]
    public void ManyKeysAreQuick()
    {
        var file = new GgufWriter();
        string prefix = new('p', 200);
        for (int i = 0; i < 65_536; i++) file.Add($"{prefix}{i}", (byte)1);
        byte[] bytes = file.ToArray();
        var watch = Stopwatch.StartNew(); // comparing every key with every other would take minutes
        Assert.Equal(65_536, GgufFile.Read(new MemoryStream(bytes), GgufWriter.FewBlockSizes).Metadata.Keys.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    /// <summary>Files of a few bytes that promise gigabytes: nothing may be allocated on their word.</summary>
    [Fact]
    public void PromisesAllocateNothing()
    {
        GgufWriter[] files =
        [
            new() { TensorCount = 1_000_000 },
            new() { KeyCount = 65_536 },
            new GgufWriter().AddRaw("k", 9, o => { o.UInt32(8); o.Count(16 << 20); }),
            new GgufWriter().AddRaw("k", 8, o => o.Count(16 << 20)),
            new GgufWriter().AddRaw("k", 9, o => { o.UInt32(12); o.Count(16 << 20); }),
        ];
        foreach (GgufWriter file in files)
        {
            byte[] bytes = file.ToArray();
            Assert.Throws<RealmException>(() => GgufFile.Read(new MemoryStream(bytes), GgufWriter.FewBlockSizes));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<RealmException>(() => GgufFile.Read(new MemoryStream(bytes), GgufWriter.FewBlockSizes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        }
    }
}
