using System.Numerics;

namespace Realm.Gguf;

/// <summary>
/// What one GGUF file (version 1, 2 or 3, little-endian) declares: metadata and tensor directory, checked against the file's
/// length. Tensor data is not read. Odd but valid files are accepted: any power of two as alignment, gaps between tensors,
/// tensors in any order, bytes behind the last one, no tensors at all, extents of 0.
/// </summary>
public sealed class GgufFile
{
    private const string AlignmentKey = "general.alignment";

    private GgufFile(uint version, GgufMetadata metadata, GgufTensor[] tensors, long dataOffset, long length)
    {
        Version = version;
        Metadata = metadata;
        Tensors = tensors;
        DataOffset = dataOffset;
        Length = length;
    }

    /// <summary>GGUF version, 1 to 3.</summary>
    public uint Version { get; }

    /// <summary>The key/value pairs.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors, in the file's order; names are unique, <see cref="GgufTensor.Part"/> is 0.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Where tensor data begins, in bytes from the start; may lie behind the end of a file without tensors.</summary>
    public long DataOffset { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>Reads a file from the first byte of a stream.</summary>
    /// <param name="stream">Readable and seekable; stays open. Its position afterwards is undefined.</param>
    /// <param name="blockSizes">Block of a ggml type id; null when unknown, which is <see cref="ErrorCode.Unsupported"/>, naming tensor and id.</param>
    /// <param name="name">What messages call the file.</param>
    /// <exception cref="RealmException">The file is not a valid GGUF file; the message names the field, its value and the limit.</exception>
    public static GgufFile Read(Stream stream, Func<uint, BlockSize?> blockSizes, string name = "model")
    {
        var input = new GgufInput(stream, name);
        GgufHeader header = GgufHeader.Read(input);
        GgufMetadata metadata = GgufMetadata.Read(input, header.Keys);
        (GgufTensor[] tensors, long dataOffset) =
            TensorDirectory.Read(input, header.Tensors, Alignment(metadata), blockSizes);
        return new GgufFile(header.Version, metadata, tensors, dataOffset, input.Length);
    }

    /// <summary>Offsets are multiples of it, and the data begins at one.</summary>
    private static int Alignment(GgufMetadata metadata)
    {
        if (metadata.TypeOf(AlignmentKey) is not { } type) return GgufLimits.DefaultAlignment;
        if (type != GgufValueType.UInt32)
            throw metadata.Error(ErrorCode.Type, AlignmentKey, $"is {type.Name()}; expected UINT32");
        long alignment = metadata.Integer(AlignmentKey) ?? 0;
        if (alignment > GgufLimits.Alignment || !BitOperations.IsPow2(alignment))
            throw metadata.Error(ErrorCode.Align, AlignmentKey, $"is {alignment}; expected a power of two from 1 to {GgufLimits.Alignment}");
        return (int)alignment;
    }
}
