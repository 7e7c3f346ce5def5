using System.Globalization;
using Realm.Kernels.Emitted;
using Xunit;

namespace Realm.Tests.Kernels.Emitted;

public sealed unsafe class ExecutableMemoryTests
{
    [Fact]
    public void Published_code_can_be_run_and_not_be_written()
    {
        byte[] code = [0xc3, 0xc3, 0xc3];
        byte* pages = ExecutableMemory.Publish(code);
        Assert.True(pages != null);
        Assert.Equal(code, new ReadOnlySpan<byte>(pages, code.Length).ToArray());
        string line = File.ReadLines("/proc/self/maps").Single(line => Contains(line, (ulong)pages));
        Assert.Equal("r-xp", line.Split(' ')[1]);
    }

    private static bool Contains(string line, ulong address)
    {
        ulong[] range = [.. line.Split(' ')[0].Split('-').Select(part => ulong.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        return range[0] <= address && address < range[1];
    }
}
