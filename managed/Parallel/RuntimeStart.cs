namespace Realm.Parallel;

/// <summary>
/// What .NET makes when it is first needed, made while there is one thread. A thread that starts tells the system its name, for which the
/// marshaller of texts must be there; if two threads come to make it, one waits for the other, reads how to wait from an environment variable,
/// needs the marshaller for that, and .NET 10 ends the process.
/// </summary>
internal static class RuntimeStart
{
    /// <summary>To be called before the first thread starts.</summary>
    public static void Prepare() => _ = Environment.GetEnvironmentVariable("PATH");
}
