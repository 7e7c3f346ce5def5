namespace Realm.Tests.Gguf;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
public abstract class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("realm-gguf-");

    /// <summary>A path in the folder.</summary>
    protected string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file into the folder; returns its path.</summary>
    protected string Write(string name, GgufWriter file)
    {
        File.WriteAllBytes(PathOf(name), file.ToArray());
        return PathOf(name);
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
