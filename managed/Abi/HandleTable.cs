namespace Realm.Abi;

/// <summary>Objects that C knows by number. A number is never used again, so a stale one is noticed, whatever has been opened since.</summary>
internal sealed class HandleTable<T>
    where T : class
{
    private readonly Dictionary<ulong, T> _entries = [];
    private ulong _last;

    /// <summary>Entries.</summary>
    public int Count
    {
        get
        {
            lock (_entries)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>A handle for an object: 1 or above.</summary>
    public ulong Add(T entry)
    {
        lock (_entries)
        {
            _entries.Add(++_last, entry);
            return _last;
        }
    }

    /// <summary>The object, or null when the handle was removed or never given.</summary>
    public T? Find(ulong handle)
    {
        lock (_entries)
        {
            return _entries.GetValueOrDefault(handle);
        }
    }

    /// <summary>Whether such a handle was ever given.</summary>
    public bool WasGiven(ulong handle)
    {
        lock (_entries)
        {
            return handle > 0 && handle <= _last;
        }
    }

    /// <summary>Removes the handle; null when it is not there (any more).</summary>
    public T? Remove(ulong handle)
    {
        lock (_entries)
        {
            return _entries.Remove(handle, out T? entry) ? entry : null;
        }
    }

    /// <summary>Removes the handles of all objects of which something holds.</summary>
    public void RemoveAll(Predicate<T> which)
    {
        lock (_entries)
        {
            foreach ((ulong handle, T entry) in _entries)
            {
                if (which(entry))
                {
                    _entries.Remove(handle);
                }
            }
        }
    }

    /// <summary>All objects, as of now.</summary>
    public T[] All()
    {
        lock (_entries)
        {
            return [.. _entries.Values];
        }
    }
}
