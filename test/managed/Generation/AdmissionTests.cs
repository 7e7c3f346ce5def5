using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Who begins next.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public void FirstComeFirstServed()
    {
        var admission = new Admission<int>(2, 10);
        for (int i = 0; i < 3; i++)
        {
            admission.Add(i, Priority.Normal);
        }
        Assert.True(admission.TryAdmit(0, out int first));
        Assert.True(admission.TryAdmit(1, out int second));
        Assert.Equal((0, 1), (first, second));
        Assert.False(admission.TryAdmit(2, out _));
        Assert.False(admission.IsOpen(2));
        Assert.True(admission.IsOpen(1));
        Assert.Equal(1, admission.Waiting);
    }

    [Fact]
    public void UrgentOnesOvertake()
    {
        var admission = new Admission<string>(100, 10);
        admission.Add("background", Priority.Background);
        admission.Add("normal", Priority.Normal);
        admission.Add("high", Priority.High);
        admission.Add("high too", Priority.High);
        string[] order = [.. Enumerable.Range(0, 4).Select(_ => admission.TryAdmit(0, out string item) ? item : "")];
        Assert.Equal(["high", "high too", "normal", "background"], order);
    }

    [Fact]
    public void NobodyWaitsForEver()
    {
        var admission = new Admission<int>(100, 1000);
        admission.Add(-1, Priority.Background);
        int admitted = 0, item;
        do
        {
            admission.Add(admitted, Priority.High);
            Assert.True(admission.TryAdmit(0, out item));
            admitted++;
        }
        while (item != -1 && admitted < 1000);
        Assert.Equal((2 * Admission<int>.Ageing) + 1, admitted);
    }

    [Fact]
    public void SomeLeaveAndTheOrderStays()
    {
        var admission = new Admission<int>(100, 10);
        for (int i = 0; i < 6; i++)
        {
            admission.Add(i, (Priority)(i % 2));
        }
        var left = new List<int>();
        admission.Take(item => item is 3 or 4, left);
        Assert.Equal([3, 4], left.Order());
        Assert.Equal(4, admission.Waiting);
        Assert.Equal([1, 5, 0, 2], Enumerable.Range(0, 4).Select(_ => admission.TryAdmit(0, out int item) ? item : -1));
    }

    [Fact]
    public void TooManyAreRefused()
    {
        var admission = new Admission<int>(4, 2);
        admission.Add(1, Priority.Normal);
        admission.Add(2, Priority.High);
        RealmException refused = Assert.Throws<RealmException>(() => admission.Add(3, Priority.High));
        Assert.Equal((ErrorCode.Busy, "4 calls are at work on the model and 2 wait: no more than that may wait"), (refused.Code, refused.Message));
        var all = new List<int>();
        admission.Take(_ => true, all);
        Assert.Equal([1, 2], all.Order());
        Assert.Equal(0, admission.Waiting);
        admission.Add(3, Priority.High);
    }
}
