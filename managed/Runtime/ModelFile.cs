using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>A model's bytes in memory: files mapped read-only, or one copy of bytes that were handed in.</summary>
public sealed unsafe class ModelFile : IDisposable, ITensorFile
{
    private readonly GgufSet _set;
    private readonly List<(nint Start, long Length)> _parts = [];
    private readonly List<MappedFile> _maps = [];
    private readonly Dictionary<string, TensorView> _views = [];
    private byte* _copy;
    private bool _disposed;

    private ModelFile(GgufSet set) => _set = set;

    /// <summary>Metadata of the (first) file.</summary>
    public GgufMetadata Metadata => _set.Metadata;

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors => _set.Tensors;

    /// <summary>Bytes of all parts.</summary>
    public long Length => _parts.Sum(p => p.Length);

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public long TensorBytes => Tensors.Sum(t => t.Bytes);

    IReadOnlyDictionary<string, TensorView> ITensorFile.Views => _views;

    /// <summary>Maps a file, and the other parts if it is a split one.</summary>
    /// <exception cref="RealmException">E_IO, E_NOT_GGUF, E_TRUNCATED, ... naming the path.</exception>
    public static ModelFile OpenPath(string path)
    {
        GgufSet set = GgufSet.Open(path, Formats.Formats.BlockSize);
        ModelFile file = new(set);
        try
        {
            for (int i = 0; i < set.Parts.Count; i++)
                file.Map((FileStream)set.Parts[i], set.Stamps[i]);
            file.AddViews();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies `length` bytes and reads them as one file.</summary>
    /// <exception cref="RealmException">E_NOT_GGUF, E_TRUNCATED, ...</exception>
    public static ModelFile OpenBytes(byte* bytes, long length)
    {
        byte* copy = SystemMemory.Allocate(Math.Max(length, 1));
        try
        {
            NativeMemory.Copy(bytes, copy, (nuint)length);
            ModelFile file = new(GgufSet.Open(new UnmanagedMemoryStream(copy, length), "the given bytes", Formats.Formats.BlockSize));
            file._copy = copy;
            file._parts.Add(((nint)copy, length));
            file.AddViews();
            return file;
        }
        catch
        {
            SystemMemory.Free(copy, Math.Max(length, 1));
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public GgufTensor? Find(string name) => _views.TryGetValue(name, out TensorView view) ? view.Tensor : null;

    /// <summary>Where a tensor's bytes are.</summary>
    public byte* Data(GgufTensor tensor) => (byte*)_parts[tensor.Part].Start + tensor.Offset;

    /// <summary>Decodes a whole tensor to single precision.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED when this engine does not have its format; those of <see cref="CheckUnchanged"/>.</exception>
    public void DecodeTensor(GgufTensor tensor, float* output)
    {
        WeightFormat format = FormatOf(tensor);
        FileMaps.Arm();
        format.Decode(Data(tensor), output, tensor.Elements);
        CheckUnchanged();
    }

    /// <summary>The format of a tensor.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED when this engine does not have it.</exception>
    internal static WeightFormat FormatOf(GgufTensor tensor) => Formats.Formats.Find(tensor.Type)
        ?? throw new RealmException(ErrorCode.Unsupported, $"tensor '{tensor.Name}' has the format {Formats.Formats.Name(tensor.Type)}, which is not supported");

    /// <summary>Whether all that was read until now was the file as it was opened: called behind every use of its bytes, before the results are given out.</summary>
    /// <exception cref="RealmException">E_TRUNCATED: it has become shorter. E_IO: it was written to, or cannot be read. So from then on.</exception>
    public void CheckUnchanged()
    {
        foreach (MappedFile map in _maps)
            map.Check();
    }

    /// <summary>Copies bytes of a tensor, from byte `offset` of it on. Of a file they are read, not taken from the map.</summary>
    /// <exception cref="RealmException">E_TRUNCATED when the file has become shorter; E_IO when it cannot be read.</exception>
    void ITensorFile.Read(GgufTensor tensor, long offset, Span<byte> to)
    {
        if (_copy != null)
        {
            new ReadOnlySpan<byte>(Data(tensor) + offset, to.Length).CopyTo(to);
            return;
        }
        SafeFileHandle handle = _maps[tensor.Part].Handle;
        try
        {
            for (long at = tensor.Offset + offset; to.Length > 0;)
            {
                int got = RandomAccess.Read(handle, to, at);
                if (got == 0)
                    throw ReadError(ErrorCode.Truncated, tensor, "the file has become shorter since it was opened");
                to = to[got..];
                at += got;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ReadError(ErrorCode.Io, tensor, $"cannot be read (operating system error {e.HResult & 0xFFFF})");
        }
    }

    private RealmException ReadError(ErrorCode code, GgufTensor tensor, string what) =>
        new(code, $"{Quoted.Path(((FileStream)_set.Parts[tensor.Part]).Name)}: tensor {Quoted.Name(tensor.Name)}: {what}");

    /// <summary>Where the part of the file ends that this address is in.</summary>
    internal nint EndOfPart(nint address)
    {
        foreach ((nint start, long length) in _parts)
        {
            if (address >= start && address < start + length)
                return start + (nint)length;
        }
        return address;
    }

    /// <summary>Bytes of the file that will hardly be read again need not stay in this process's memory. Bytes that were handed in do.</summary>
    internal void Forget(nint start, long length)
    {
        if (_copy == null)
            SystemMemory.Advise(start, length, SystemMemory.Forget);
    }

    /// <inheritdoc cref="ModelContent.Hash"/>
    /// <exception cref="RealmException">Those of <see cref="CheckUnchanged"/>.</exception>
    public UInt128 ContentHash()
    {
        FileMaps.Arm();
        UInt128 hash = ModelContent.Hash(_parts, Tensors, _copy == null);
        CheckUnchanged();
        return hash;
    }

    /// <inheritdoc cref="ModelContent.AreEqual"/>
    /// <exception cref="RealmException">Those of <see cref="CheckUnchanged"/>.</exception>
    public bool SameContent(ModelFile other)
    {
        FileMaps.Arm();
        bool same = ModelContent.AreEqual(ModelContent.Ranges(_parts, Tensors), ModelContent.Ranges(other._parts, other.Tensors));
        CheckUnchanged();
        return same;
    }

    private void Map(FileStream stream, FileStamp stamp)
    {
        MappedFile map = new(stream, stamp);
        _maps.Add(map);
        _parts.Add((map.Start, map.Length));
    }

    private void AddViews()
    {
        foreach (GgufTensor tensor in Tensors)
            _views[tensor.Name] = new TensorView(tensor, Data(tensor));
    }

    /// <summary>Unmaps. No model made from this file may be in use.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (MappedFile map in _maps)
            map.Dispose();
        _set.Dispose();
        if (_copy != null)
            SystemMemory.Free(_copy, Math.Max(Length, 1));
        _copy = null;
    }
}
