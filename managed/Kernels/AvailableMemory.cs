using System.Globalization;

namespace Realm.Kernels;

/// <summary>
/// Memory that this process can take without another's, or its own, being taken away: malloc says yes to nearly everything, and who then writes to it is
/// ended by the kernel. The least of what the machine has available and what the control groups around the process allow (of both versions). What they hold of
/// files counts as free: it can be given up.
/// </summary>
internal static class AvailableMemory
{
    /// <summary>Bytes; `long.MaxValue` where the system does not tell.</summary>
    /// <param name="root">The folder that holds proc and sys: another one in tests.</param>
    public static long Read(string root = "/")
    {
        long least = Math.Min(Machine(root), long.MaxValue);
        foreach (string folder in ControlGroups(root))
            least = Math.Min(least, Room(folder));
        return least;
    }

    /// <summary>Asks before something large is taken.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="what">What it is for, as it stands in the message.</param>
    /// <param name="advice">What could be done instead.</param>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public static void Require(long bytes, string what, string advice) => Require(bytes, what, advice, Read());

    internal static void Require(long bytes, string what, string advice, long available)
    {
        if (bytes > available)
        {
            throw new RealmException(ErrorCode.OutOfMemory,
                $"{what} take {Mebibytes(bytes)} MiB, and {Mebibytes(available)} MiB are available to this process: {advice}");
        }
    }

    private static string Mebibytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);

    private static long Machine(string root)
    {
        foreach (string line in Lines(Path.Combine(root, "proc/meminfo")))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                return Number(line["MemAvailable:".Length..].Replace("kB", "", StringComparison.Ordinal)) is { } kilobytes ? checked(kilobytes * 1024) : long.MaxValue;
        }
        return long.MaxValue;
    }

    // The process' own group and all around it: each may have a limit. In a container the root of the tree is its own group.
    private static IEnumerable<string> ControlGroups(string root)
    {
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length != 3 || (parts[1] != "" && !parts[1].Split(',').Contains("memory")))
                continue;
            string top = Path.Combine(root, parts[1] == "" ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            string path = parts[2].Trim('/');
            while (true)
            {
                yield return Path.Combine(top, path);
                if (path == "")
                    break;
                path = Path.GetDirectoryName(path) ?? "";
            }
        }
    }

    // What a group may still take; as much as there is where it has no limit.
    private static long Room(string folder)
    {
        long? limit = First(folder, "memory.max") ?? First(folder, "memory.limit_in_bytes");
        long? used = First(folder, "memory.current") ?? First(folder, "memory.usage_in_bytes");
        if (limit is not { } most || used is not { } now)
            return long.MaxValue;
        long files = 0;
        foreach (string line in Lines(Path.Combine(folder, "memory.stat")))
        {
            if (line.StartsWith("inactive_file ", StringComparison.Ordinal) || line.StartsWith("active_file ", StringComparison.Ordinal))
                files += Number(line[(line.IndexOf(' ') + 1)..]) ?? 0;
        }
        return Math.Max(0, most - now + Math.Min(files, now));
    }

    // "max" is no number, and no limit.
    private static long? First(string folder, string file) => Lines(Path.Combine(folder, file)) is [string line, ..] ? Number(line) : null;

    private static long? Number(string text) =>
        long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
