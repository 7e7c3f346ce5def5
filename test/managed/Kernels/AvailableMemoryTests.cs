using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Kernels;

public sealed class AvailableMemoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("realm-memory-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    [Fact]
    public void WithoutLimitsWhatTheMachineHas()
    {
        Write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n");
        Assert.Equal(8000000L << 10, AvailableMemory.Read(_root));
    }

    [Fact]
    public void NothingIsToldWithoutAnyFile() => Assert.Equal(long.MaxValue, AvailableMemory.Read(_root));

    [Fact]
    public void TheLeastOfAllGroupsAroundAndFilesCountAsFree()
    {
        Write("proc/meminfo", "MemAvailable:    8000000 kB\n");
        Write("proc/self/cgroup", "0::/a.slice/b.scope\n");
        Write("sys/fs/cgroup/a.slice/b.scope/memory.max", "max\n");
        Write("sys/fs/cgroup/a.slice/b.scope/memory.current", "5000\n");
        Write("sys/fs/cgroup/a.slice/memory.max", "1000000\n");
        Write("sys/fs/cgroup/a.slice/memory.current", "900000\n");
        Write("sys/fs/cgroup/a.slice/memory.stat", "anon 1\ninactive_file 200000\nactive_file 100000\nfile_dirty 7\n");
        Assert.Equal(400000, AvailableMemory.Read(_root));
    }

    [Fact]
    public void TheFirstVersionOfControlGroups()
    {
        Write("proc/self/cgroup", "12:cpu,cpuacct:/x\n5:memory:/docker/1\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
        Assert.Equal(2000, AvailableMemory.Read(_root));
    }

    [Fact]
    public void MoreThanThereIsIsAnErrorThatSaysBoth()
    {
        AvailableMemory.Require(5 << 20, "the weights", "take others", 5 << 20);
        RealmException e = Assert.Throws<RealmException>(() => AvailableMemory.Require(6 << 20, "the weights", "take others", 5 << 20));
        Assert.Equal(ErrorCode.OutOfMemory, e.Code);
        Assert.Equal("the weights take 6 MiB, and 5 MiB are available to this process: take others", e.Message);
    }
}
