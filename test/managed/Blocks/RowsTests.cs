using Realm.Blocks;
using Realm.Kernels;
using Xunit;

namespace Realm.Tests.Blocks;

public class RowsTests
{
    private static readonly RopeConfig _rope = RopeConfig.Create(RopePairing.Halves, 4, 10000, new RopeScaling(), null);

    [Theory]
    [InlineData("a0 b5 c2", true)]
    [InlineData("a0 a1 a2 b5", true)]
    [InlineData("a0 b5 a1", false)] // a's second row looks at a key that another unit of work stores
    [InlineData("a0 a2", false)]
    public void Runs_are_apart_if_each_is_another_sequence(string rows, bool apart)
    {
        using Rows all = Of(rows.Split(' '));
        Assert.Equal(apart, all.AreApart);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void A_run_longer_than_a_tile_is_not_apart(int count, bool apart)
    {
        using Rows all = Of([.. Enumerable.Range(0, count).Select(i => "a" + i)]);
        Assert.Equal(apart, all.AreApart);
        all.Clear();
        Assert.True(all.AreApart);
    }

    private static Rows Of(string[] rows)
    {
        Dictionary<char, KvCache> caches = [];
        Rows all = new(rows.Length, _rope);
        all.Clear();
        foreach (string row in rows)
        {
            if (!caches.TryGetValue(row[0], out KvCache? cache))
                caches[row[0]] = cache = new KvCache(new KvLayout(CacheType.F16, [1], 16, 64));
            all.Add(cache, int.Parse(row[1..], System.Globalization.CultureInfo.InvariantCulture), 1);
        }
        return all;
    }
}
