using Realm.Branches;
using Xunit;

namespace Realm.Tests.Branches;

/// <summary>Buckets of distances: those of the paper's code, and what is added for them.</summary>
public unsafe class BucketedScoresTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(-7, 7)]
    [InlineData(-8, 8)]
    [InlineData(-11, 8)]
    [InlineData(-12, 9)]
    [InlineData(-16, 10)]
    [InlineData(-63, 13)]
    [InlineData(-64, 14)]
    [InlineData(-127, 15)]
    [InlineData(-5000, 15)]
    [InlineData(1, 17)]
    [InlineData(8, 24)]
    [InlineData(200, 31)]
    public void A_distance_has_a_bucket(int ahead, int bucket) => Assert.Equal(bucket, BucketedScores.Bucket(ahead, 32));

    [Fact]
    public void The_number_of_the_bucket_is_added_to_the_score()
    {
        const int Heads = 3, Buckets = 32, Position = 70, FirstKey = 64;
        float[] table = BranchRun.Normal(new Random(1), Heads * Buckets), scores = BranchRun.Normal(new Random(2), 64), changed = [.. scores];
        fixed (float* t = table, s = changed)
            new BucketedScores(t, Heads, Buckets).Apply(s, 1, Position, FirstKey);
        for (int i = 0; i < 64; i++)
            Assert.Equal(scores[i] + table[BucketedScores.Bucket(FirstKey + i - Position, Buckets) * Heads + 1], changed[i]);
    }
}
