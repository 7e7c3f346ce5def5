using Realm.Kernels;

namespace Realm.Branches;

/// <summary>
/// score + a number that was learned for the distance to the key: small distances have one each, larger ones share it, ever more of them, up to
/// 128; keys behind and ahead have their own. (Raffel et al., 2020) </summary>
internal sealed unsafe class BucketedScores : ScoreRule
{
    // From here on all distances are in the last bucket.
    private const int MaxDistance = 128;
    private const int Distances = 2 * MaxDistance + 1;

    // (heads, distances from -128 to 128).
    private readonly float[] _added;

    /// <param name="table">What was learned, (buckets, heads).</param>
    /// <param name="heads">Heads.</param>
    /// <param name="buckets">Buckets: half of them for keys ahead.</param>
    public BucketedScores(float* table, int heads, int buckets)
    {
        _added = new float[checked(heads * Distances)];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < Distances; i++)
                _added[head * Distances + i] = table[Bucket(i - MaxDistance, buckets) * heads + head];
        }
    }

    public override void Apply(float* scores, int head, int position, int firstKey)
    {
        for (int i = 0; i < KeyBlock.Keys; i++)
            scores[i] += _added[head * Distances + Math.Clamp(firstKey + i - position, -MaxDistance, MaxDistance) + MaxDistance];
    }

    /// <summary>The bucket of a key so far ahead: half a side's buckets hold one distance each, the others grow with its logarithm.</summary>
    public static int Bucket(int ahead, int buckets)
    {
        int side = buckets / 2, single = side / 2, distance = Math.Abs(ahead), first = ahead > 0 ? side : 0;
        if (distance < single)
            return first + distance;
        double grown = (float)Math.Log((float)distance / single) * (side - single) / Math.Log((double)MaxDistance / single);
        return first + Math.Min(side - 1, (int)(single + grown));
    }
}
