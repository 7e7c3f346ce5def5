using Realm.Parallel;
using Xunit;

namespace Realm.Tests.Parallel;

public class PortionsTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(36, 2)]
    [InlineData(97, 3)]
    [InlineData(3001, 8)]
    [InlineData(16384, 64)]
    public void Every_item_is_in_one_portion_none_is_empty_and_they_get_smaller(int items, int threads)
    {
        Portions portions = new(items, threads);
        int next = 0;
        for (int part = 0; part < threads; part++)
        {
            Assert.Equal(next, portions.Part(part).First);
            int before = int.MaxValue;
            for (int portion = 0; portion < portions.Count(part); portion++)
            {
                (int first, int last) = portions.Range(part, portion);
                Assert.Equal(next, first);
                Assert.InRange(last - first, 1, Math.Min(before == int.MaxValue ? items : before + 1, Portions.Largest(items, threads)));
                before = last - first;
                next = last;
            }
            Assert.Equal(next, portions.Part(part).Last);
        }
        Assert.Equal(items, next);
    }
}
