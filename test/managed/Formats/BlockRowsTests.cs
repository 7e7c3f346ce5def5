using Realm.Formats;
using Xunit;

namespace Realm.Tests.Formats;

/// <summary>Many 16-bit numbers of 16 rows, or of the few last ones, side by side.</summary>
public unsafe class BlockRowsTests
{
    [Theory]
    [InlineData(16, 75)]
    [InlineData(16, 64)]
    [InlineData(5, 75)]
    [InlineData(1, 1)]
    public void Puts_halves_side_by_side(int count, int halves)
    {
        const int Stride = 80;
        ushort[] source = [.. Enumerable.Range(1, Stride * 16).Select(i => (ushort)(i * 40503))];
        ushort[] packed = new ushort[16 * halves], expected = new ushort[16 * halves];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < halves; i++)
                expected[16 * i + row] = source[Stride * row + i];
        }
        fixed (ushort* s = source, p = packed)
            new BlockRows(Stride * sizeof(ushort), count).PackHalves((byte*)s, halves, (byte*)p);
        Assert.Equal(expected, packed);
    }
}
