namespace Realm.Gguf;

/// <summary>
/// A model's file, or all parts of a split one, as one directory. The files stay open until <see cref="Dispose"/>, so that
/// what was checked here is what is mapped later even when the path gets another file meanwhile.
/// </summary>
public sealed class GgufSet : IDisposable
{
    private const string CountKey = "split.count";
    private const string NumberKey = "split.no";
    private const string TensorsKey = "split.tensors.count";
    private const string ArchitectureKey = "general.architecture";

    private readonly bool _ownsStreams;
    private readonly Stream[] _parts;

    private GgufSet(GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors, Stream[] parts, FileStamp[] stamps, bool ownsStreams)
    {
        Stamps = stamps;
        Metadata = metadata;
        Tensors = tensors;
        _parts = parts;
        _ownsStreams = ownsStreams;
    }

    /// <summary>The metadata of the first part, which has all that describes the model.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors of all parts, in order; names are unique, <see cref="GgufTensor.Part"/> indexes <see cref="Parts"/>.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>The open files, in order of parts.</summary>
    public IReadOnlyList<Stream> Parts => _parts;

    /// <summary>Of each file that was opened by its path, from before anything was read of it; else empty.</summary>
    public IReadOnlyList<FileStamp> Stamps { get; }

    /// <summary>
    /// Opens a file. When it is a part of a split model (<c>NAME-00001-of-00003.gguf</c>; any of the parts may be given)
    /// the others are opened beside it.
    /// </summary>
    /// <param name="path">Path of a regular file.</param>
    /// <param name="blockSizes">As for <see cref="GgufFile.Read"/>.</param>
    /// <exception cref="RealmException">As for <see cref="GgufFile.Read"/>; <see cref="ErrorCode.Split"/> when parts are missing or
    /// do not belong together; <see cref="ErrorCode.Io"/> or <see cref="ErrorCode.NotRegular"/> when a file cannot be opened.</exception>
    public static GgufSet Open(string path, Func<uint, BlockSize?> blockSizes)
    {
        var opened = new List<Opened>();
        try
        {
            Opened given = new(RegularFile.Open(path), path);
            opened.Add(given);
            GgufFile file = Read(given, blockSizes);
            int count = PartCount(file.Metadata);
            if (count <= 1) return new GgufSet(file.Metadata, file.Tensors, [given.Stream], [given.Stamp], ownsStreams: true);
            return OpenParts(path, file, count, blockSizes, opened);
        }
        catch
        {
            foreach (Opened part in opened) part.Stream.Dispose();
            throw;
        }
    }

    /// <summary>A file, and its stamp from before anything was read.</summary>
    private readonly record struct Opened(FileStream Stream, string Path)
    {
        public FileStamp Stamp { get; } = FileStamp.Of(Stream.SafeFileHandle);
    }

    /// <summary>Reads a file. Whatever seems wrong with one that is being written to is no fault of its content.</summary>
    private static GgufFile Read(in Opened file, Func<uint, BlockSize?> blockSizes)
    {
        try
        {
            return GgufFile.Read(file.Stream, blockSizes, file.Path);
        }
        catch (RealmException) when (FileStamp.Of(file.Stream.SafeFileHandle) is var now && now != file.Stamp)
        {
            bool isShorter = now.Length < file.Stamp.Length;
            throw new RealmException(isShorter ? ErrorCode.Truncated : ErrorCode.Io,
                $"{Quoted.Path(file.Path)}: the file {(isShorter ? "became shorter" : "was written to")} while it was read");
        }
    }

    /// <summary>Reads one file from a stream, which stays the caller's. A part of a split model is refused: its other parts cannot be found.</summary>
    /// <param name="stream">Readable and seekable.</param>
    /// <param name="name">What messages call the file.</param>
    /// <param name="blockSizes">As for <see cref="GgufFile.Read"/>.</param>
    public static GgufSet Open(Stream stream, string name, Func<uint, BlockSize?> blockSizes)
    {
        GgufFile file = GgufFile.Read(stream, blockSizes, name);
        int count = PartCount(file.Metadata);
        if (count > 1)
            throw file.Metadata.Error(ErrorCode.Split, CountKey, $"is {count}: this is one part of a split model, which can only be opened by path");
        return new GgufSet(file.Metadata, file.Tensors, [stream], [], ownsStreams: false);
    }

    /// <summary>Closes the files that <see cref="Open(string, Func{uint, BlockSize?})"/> opened.</summary>
    public void Dispose()
    {
        if (!_ownsStreams) return;
        foreach (Stream part in _parts) part.Dispose();
    }

    /// <summary>Tools that merge parts leave a count of 0 behind, so 0 means whole as well as 1 does.</summary>
    private static int PartCount(GgufMetadata metadata) =>
        metadata.Contains(CountKey) ? (int)metadata.RequireInteger(CountKey, 0, ushort.MaxValue) : 0;

    private static GgufSet OpenParts(
        string path, GgufFile given, int count, Func<uint, BlockSize?> blockSizes, List<Opened> opened)
    {
        if (SplitName.Parse(path) is not { } name)
            throw given.Metadata.Error(ErrorCode.Split, CountKey, $"is {count}, but the file is not named like a part of a split model (NAME-00001-of-{count:D5}.gguf)");
        if (name.Count != count || name.Number < 1 || name.Number > count)
            throw given.Metadata.Error(ErrorCode.Split, CountKey, $"is {count}, but the file is named part {name.Number} of {name.Count}");

        Opened first = opened[0];
        var files = new GgufFile[count];
        var parts = new Opened[count];
        for (int i = 0; i < count; i++)
        {
            bool isGiven = i == name.Number - 1;
            parts[i] = isGiven ? first : OpenPart(name, i);
            if (!isGiven) opened.Add(parts[i]);
            files[i] = isGiven ? given : Read(parts[i], blockSizes);
            CheckPart(files[i].Metadata, files[0].Metadata, i, count);
        }
        return new GgufSet(files[0].Metadata, Joined(files, name), [.. parts.Select(part => part.Stream)], [.. parts.Select(part => part.Stamp)], ownsStreams: true);
    }

    private static Opened OpenPart(SplitName name, int index)
    {
        string path = name.PathOf(index);
        if (!Path.Exists(path))
            throw new RealmException(ErrorCode.Split, $"{Quoted.Path(path)}: part {index + 1} of {name.Count} is missing");
        return new Opened(RegularFile.Open(path), path);
    }

    /// <summary>Whether a part says that it is number <paramref name="index"/> of this model.</summary>
    private static void CheckPart(GgufMetadata part, GgufMetadata first, int index, int count)
    {
        long? number = part.Integer(NumberKey), parts = part.Integer(CountKey);
        if (number != index)
            throw part.Error(ErrorCode.Split, NumberKey, $"is {number?.ToString() ?? "missing"}; part {index + 1} of {count} must have {index}");
        if (parts != count)
            throw part.Error(ErrorCode.Split, CountKey, $"is {parts?.ToString() ?? "missing"}; the other parts have {count}");
        if (part.Integer(TensorsKey) is { } tensors && first.Integer(TensorsKey) is { } expected && tensors != expected)
            throw part.Error(ErrorCode.Split, TensorsKey, $"is {tensors}; the first part has {expected}: the parts are of different models");
        if (part.Text(ArchitectureKey) is { } architecture && architecture != first.Text(ArchitectureKey))
            throw part.Error(ErrorCode.Split, ArchitectureKey, $"is {Quoted.Name(architecture)}; the first part has {Quoted.Name(first.Text(ArchitectureKey) ?? "")}: the parts are of different models");
    }

    private static List<GgufTensor> Joined(GgufFile[] files, SplitName name)
    {
        var tensors = new List<GgufTensor>();
        var parts = new Dictionary<string, int>();
        for (int i = 0; i < files.Length; i++)
            foreach (GgufTensor tensor in files[i].Tensors)
            {
                if (!parts.TryAdd(tensor.Name, i))
                    throw new RealmException(ErrorCode.Duplicate, $"{Quoted.Path(name.PathOf(i))}: tensor {Quoted.Name(tensor.Name)} is also in part {parts[tensor.Name] + 1}");
                tensors.Add(tensor with { Part = i });
            }

        GgufMetadata first = files[0].Metadata;
        if (first.Integer(TensorsKey) is { } expected && expected != tensors.Count)
            throw first.Error(ErrorCode.Split, TensorsKey, $"is {expected}, but the {files.Length} parts have {tensors.Count} tensors");
        return tensors;
    }
}
