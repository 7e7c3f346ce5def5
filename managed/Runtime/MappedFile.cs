using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Realm.Gguf;

namespace Realm.Runtime;

/// <summary>A file in memory, mapped read-only, which notices when somebody writes to it or shortens it.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly FileStamp _stamp;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly FileMap* _entry;
    private volatile bool _isLost;

    /// <summary>Maps a file that is open.</summary>
    /// <param name="stream">Stays the caller's, and open as long as this.</param>
    /// <param name="stamp">Of when it was opened.</param>
    /// <exception cref="RealmException">E_TRUNCATED, E_IO: it has changed since, or can't be mapped. E_OUT_OF_MEMORY. E_LIMIT: too many are.</exception>
    public MappedFile(FileStream stream, FileStamp stamp)
    {
        _stream = stream;
        _stamp = stamp;
        Handle = stream.SafeFileHandle;
        Check();
        try
        {
            _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, stamp.Length, MemoryMappedFileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _map?.Dispose();
            // What shrank to nothing, or below what is to be seen of it, is an argument that is wrong.
            Check();
            throw Error(ErrorCode.Io, $"cannot be mapped into memory (operating system error {e.HResult & 0xFFFF})");
        }
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = (nint)(start + _view.PointerOffset);
        try
        {
            _entry = FileMaps.Add(Start, Length, stream.Name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The address of the first byte.</summary>
    public nint Start { get; }

    /// <summary>Bytes, as many as there were when the file was opened.</summary>
    public long Length => _stamp.Length;

    /// <summary>For reading without the map.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Whether all that was read until now was the file as it was opened; called behind every use. A file that has changed once stays lost.</summary>
    /// <exception cref="RealmException">E_TRUNCATED: it has become shorter. E_IO: it was written to, or cannot be read.</exception>
    public void Check()
    {
        FileStamp now = Now();
        if (now == _stamp && !_isLost && (_entry == null || Volatile.Read(ref _entry->Lost) == 0))
            return;
        _isLost = true;
        throw now.Length < _stamp.Length
            ? Error(ErrorCode.Truncated, $"the file has become shorter since it was opened: {now.Length} bytes instead of {_stamp.Length}")
            : Error(ErrorCode.Io, now == _stamp
                ? "a part of the file could not be read (a fault of the device, or the file was shorter for a moment)"
                : "the file was written to since it was opened: close the model and open it again");
    }

    private FileStamp Now()
    {
        try
        {
            return FileStamp.Of(Handle);
        }
        catch (IOException e)
        {
            throw Error(ErrorCode.Io, $"cannot be looked at any more (operating system error {e.HResult & 0xFFFF})");
        }
    }

    private RealmException Error(ErrorCode code, string what) => new(code, $"{Quoted.Path(_stream.Name)}: {what}");

    public void Dispose()
    {
        FileMaps.Remove(_entry);
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
