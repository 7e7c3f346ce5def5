using System.Globalization;
using Realm.Runtime;

namespace Realm.Generation;

/// <summary>
/// All loaded models of the process, so that worker threads, vm contexts and the stored models share one copy of the weights. A file is known by its
/// path, length and time of change; bytes by their content.
/// </summary>
public static unsafe class LoadedModels
{
    private static readonly object _gate = new();
    private static readonly List<LoadedModel> _all = [];
    private static bool _shutDown;

    /// <summary>A lease on the model in a file.</summary>
    /// <exception cref="RealmException">The file cannot be read or is no valid GGUF.</exception>
    public static LoadedModel LeasePath(string path, ModelOptions options) => LeaseOpened(PathKey(path), options, () => ModelFile.OpenPath(path));

    /// <summary>A lease on the model in memory. The bytes are copied, or the copy that is there already is used.</summary>
    /// <exception cref="RealmException">The bytes are no valid GGUF.</exception>
    public static LoadedModel LeaseBytes(byte* bytes, long length, ModelOptions options)
    {
        // Copied first and looked at afterwards: the caller's memory may be shared with others who write to it.
        ModelFile? copy = ModelFile.OpenBytes(bytes, length);
        try
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"content:{copy.ContentHash():x32}:{length}");
            LoadedModel loaded = LeaseOpened(key, options, () =>
            {
                ModelFile file = copy;
                copy = null;
                return file;
            });
            if (copy != null && !copy.SameContent(loaded.File))
            {
                // 128 bits of hash and the length agree, the bytes do not: somebody wants that. It goes under a name of its own.
                loaded.Release();
                ModelFile file = copy;
                loaded = LeaseOpened($"{key}:{Guid.NewGuid()}", options, () => file);
                copy = null;
            }
            return loaded;
        }
        finally
        {
            copy?.Dispose();
        }
    }

    internal static void Lease(LoadedModel loaded)
    {
        lock (_gate)
        {
            loaded.Leases++;
        }
    }

    internal static void Release(LoadedModel loaded)
    {
        lock (_gate)
        {
            if (--loaded.Leases > 0)
            {
                return;
            }
            _all.Remove(loaded);
        }
        loaded.Retire();
    }

    internal static bool IsRetired(LoadedModel loaded)
    {
        lock (_gate)
        {
            return loaded.Leases == 0;
        }
    }

    /// <summary>Ends all jobs as cancelled, and asks all threads to end. No model can be leased any more.</summary>
    internal static void StopAll()
    {
        LoadedModel[] all;
        lock (_gate)
        {
            _shutDown = true;
            all = [.. _all];
        }
        foreach (LoadedModel loaded in all)
        {
            loaded.Scheduler.Stop();
        }
    }

    /// <summary>Frees all models, with the threads that they run on. Only when nobody can be using one.</summary>
    internal static void DisposeAll()
    {
        LoadedModel[] all;
        lock (_gate)
        {
            all = [.. _all];
        }
        foreach (LoadedModel loaded in all)
        {
            loaded.Dispose();
        }
    }

    private static LoadedModel LeaseOpened(string key, ModelOptions options, Func<ModelFile> open)
    {
        LoadedModel? loaded;
        // An adapter that was replaced, or written to, is another one too.
        foreach (AdapterPath adapter in options.Adapters.AsSpan())
            key += "|" + PathKey(adapter.Path);
        lock (_gate)
        {
            if (_shutDown)
            {
                throw new RealmException(ErrorCode.Shutdown, "the engine is shutting down");
            }
            loaded = _all.Find(other => other.Key == key && other.Options.Serves(options));
            if (loaded == null)
            {
                loaded = new LoadedModel(key, options);
                _all.Add(loaded);
            }
            loaded.Leases++;
            loaded.AllowCache(options);
        }
        try
        {
            loaded.Open(open);
            return loaded;
        }
        catch
        {
            loaded.Release();
            throw;
        }
    }

    /// <summary>A file that was replaced, or written to, is another one.</summary>
    private static string PathKey(string path)
    {
        try
        {
            var file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return string.Create(CultureInfo.InvariantCulture, $"path:{file.FullName}:{file.Length}:{file.LastWriteTimeUtc.Ticks}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Opening it will say what is wrong with it.
            return $"path:{path}";
        }
    }
}
