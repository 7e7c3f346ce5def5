using System.Runtime.InteropServices;
using Realm.Gguf;

namespace Realm.Runtime;

/// <summary><c>realm_file_map</c>: a mapped file, as a handler of SIGBUS sees it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FileMap
{
    /// <summary>Its first address; 0: the entry is free.</summary>
    public ulong Start;

    /// <summary>The address behind it.</summary>
    public ulong End;

    /// <summary>Not 0: a page could not be read, and it and those behind it are zeros now.</summary>
    public ulong Lost;
}

/// <summary>
/// All files that are mapped, in a table of the host's. Reading a page that the file no longer has raises SIGBUS, which would end the process. No
/// managed code may run in a signal handler, so the handler is the host's (addon/fault.cc): it puts zeros where the file ends now, marks the
/// entry, and lets the reader go on; who reads looks at the mark when done (<see cref="MappedFile.Check"/>).
/// </summary>
public static unsafe class FileMaps
{
    private static readonly Lock _lock = new();
    private static FileMap* _maps;
    private static int _capacity;
    private static delegate* unmanaged<void> _arm;

    /// <summary>Takes the host's table, for the rest of the process' life.</summary>
    /// <param name="arm">Sees to it that the host's handler is the process' handler; called before maps are read. May be null.</param>
    /// <param name="maps">Zeros.</param>
    /// <param name="capacity">Entries.</param>
    public static void Watch(delegate* unmanaged<void> arm, FileMap* maps, int capacity)
    {
        lock (_lock)
        {
            // The files that are in the first table stay there.
            if (_maps != null)
                return;
            _arm = arm;
            _capacity = capacity;
            _maps = maps;
        }
    }

    /// <summary>Maps are going to be read by this thread or those that it wakes.</summary>
    internal static void Arm()
    {
        if (_arm != null)
            _arm();
    }

    /// <summary>Enters a map; null where no host watches.</summary>
    /// <exception cref="RealmException">E_LIMIT: the table is full.</exception>
    internal static FileMap* Add(nint start, long length, string path)
    {
        lock (_lock)
        {
            if (_maps == null)
                return null;
            for (int i = 0; i < _capacity; i++)
            {
                FileMap* map = _maps + i;
                if (map->Start != 0)
                    continue;
                map->Lost = 0;
                map->End = (ulong)start + (ulong)length;
                // Last of all: the handler takes no lock.
                Volatile.Write(ref map->Start, (ulong)start);
                return map;
            }
        }
        throw new RealmException(ErrorCode.Limit, $"{Quoted.Path(path)}: {_capacity} files are open already, more can't be mapped");
    }

    /// <summary>Takes a map out, before it is unmapped. Null is nothing.</summary>
    internal static void Remove(FileMap* map)
    {
        if (map != null)
            Volatile.Write(ref map->Start, 0);
    }
}
