using Realm.Branches;
using Realm.Passes;
using Xunit;

namespace Realm.Tests.Branches;

public unsafe class RowChangesTests
{
    private static readonly float[] Row = [.. Enumerable.Range(0, 37).Select(i => MathF.Sin(i * 1.7f) * 3)];

    [Fact]
    public void Clamps_the_beginning_of_a_row()
    {
        float[] expected = [.. Row.Select((x, i) => i < 29 ? Math.Clamp(x, -1.25f, 1.25f) : x)];
        Assert.Equal(expected, Changed(new ClampedRow(29, 1.25f)));
    }

    [Fact]
    public void Divides_each_number_by_its_own()
    {
        float[] divisors = [.. Enumerable.Range(1, 29).Select(i => i * 0.25f)];
        fixed (float* d = divisors)
            Assert.Equal([.. Row.Select((x, i) => i < 29 ? x / divisors[i] : x)], Changed(new DividedRow(29, d)));
    }

    [Fact]
    public void Norms_parts_of_a_row_each_for_itself_after_what_comes_before()
    {
        RowChange norm = new NormedRow(new GroupedNorm(new RmsRowNorm(16, null, 0), new RmsRowNorm(9, null, 0)));
        float[] actual = Changed(new RowChanges(new ClampedRow(37, 2), norm));
        float[] clamped = [.. Row.Select(x => Math.Clamp(x, -2f, 2f))];
        for (int i = 0; i < Row.Length; i++)
        {
            (int from, int count) = i < 16 ? (0, 16) : (16, 9);
            double size = Math.Sqrt(clamped.Skip(from).Take(count).Sum(x => (double)x * x) / count);
            Assert.Equal(i < 25 ? clamped[i] / size : clamped[i], actual[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gates_results_by_number_or_by_head(bool perHead)
    {
        const int heads = 3, size = 7, offset = 5;
        float[] projected = [.. Enumerable.Range(0, offset + heads * size).Select(i => MathF.Cos(i) * 4)];
        float[] results = [.. Row[..(heads * size)]], actual = [.. results];
        fixed (float* r = actual, p = projected)
            new AttentionGate(offset, heads, size, perHead).Apply(r, p);
        for (int i = 0; i < results.Length; i++)
            Assert.Equal(results[i] / (1 + Math.Exp(-projected[offset + (perHead ? i / size : i)])), actual[i], 1e-6);
    }

    [Fact]
    public void Queries_grow_with_the_logarithm_of_the_position()
    {
        LogTemperature temperature = new(0.1f, 64, 1);
        foreach (int position in (int[])[0, 1, 62, 63, 64, 1000, 131071])
            Assert.Equal(1 + 0.1f * Math.Log(Math.Floor((position + 1) / 64.0) + 1), temperature.At(position), 1e-6);
    }

    [Fact]
    public void A_norm_may_have_one_gain()
    {
        float[] norm = new float[8], gained = new float[8];
        fixed (float* x = Row, a = norm, b = gained)
        {
            new RmsRowNorm(8, null, 1e-5f).Compute(x, a);
            new ScaledNorm(new RmsRowNorm(8, null, 1e-5f), 1.5f).Compute(x, b);
        }
        Assert.Equal([.. norm.Select(x => x * 1.5f)], gained);
    }

    private static float[] Changed(RowChange change)
    {
        float[] row = [.. Row];
        fixed (float* r = row)
            change.Apply(r);
        return row;
    }
}
