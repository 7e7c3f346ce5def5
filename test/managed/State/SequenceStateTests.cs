using Realm.State;
using Xunit;

namespace Realm.Tests.State;

/// <summary>What a sequence remembers is asked for before it is taken.</summary>
public class SequenceStateTests
{
    [Fact]
    public void Memory_that_is_not_there_for_fixed_slots()
    {
        StatePlan plan = new(CacheType.F32, 1, 64);
        plan.Fixed(0, 12 << 20);
        long available = 95L << 20;
        plan.Room.Available = () => available;
        using SequenceState state = new(plan);
        RealmException e = Assert.Throws<RealmException>(() => state.Reserve(0, 1));
        Assert.Equal(ErrorCode.OutOfMemory, e.Code);
        Assert.Equal("what sequences remember needs 96 MiB more, and 95 MiB are available to this process", e.Message);
        available = 96L << 20;
        state.Reserve(0, 1);
        available = 0;
        Assert.Equal(ErrorCode.OutOfMemory, Assert.Throws<RealmException>(() => state.Fork()).Code);
    }
}
