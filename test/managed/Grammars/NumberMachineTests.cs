using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>The shortest ends of numbers that are computed, against those that are found by trying all digits.</summary>
public class NumberMachineTests
{
    private const int Deepest = 4;

    private static readonly string[] Bounds = ["0", "1", "-1", "2.5", "-2.5", "7", "10", "-12", "99.9", "0.05", "100", "-0.3", "123.45"];
    private static readonly string[] Divisors = ["1", "2", "3", "7", "0.5", "0.25", "12", "99", "1.5", "0.03", "110"];

    [Fact]
    public void ComputedAsFound()
    {
        int found = 0, none = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            NumberBounds bounds = RandomBounds(random);
            var machine = new NumberMachine(bounds);
            int state = machine.Start;
            for (int depth = 0; depth < 3 && state >= 0; depth++)
            {
                int expected = Found(machine, state, Deepest), computed = machine.Shortest(state);
                Assert.True(expected <= Deepest ? computed == expected : computed > Deepest, $"seed {seed}, depth {depth}: {computed}, not {expected}");
                found += expected <= Deepest ? 1 : 0;
                none += computed == ExpressionStore.NoText ? 1 : 0;
                state = machine.Next(state, (byte)"-0123456789."[random.Next(12)]);
            }
        }
        Assert.True(found > 300 && none > 20, $"{found} ends found, {none} states without one");
    }

    private static NumberBounds RandomBounds(Random random)
    {
        var bounds = new NumberBounds { IsInteger = random.Next(3) == 0 };
        Exact Pick(string[] from) => Exact.Parse(from[random.Next(from.Length)])!.Value;
        if (random.Next(2) == 0)
        {
            bounds.AtLeast(Pick(Bounds), random.Next(2) == 0);
        }
        if (random.Next(2) == 0)
        {
            bounds.AtMost(Pick(Bounds), random.Next(2) == 0);
        }
        if (random.Next(2) == 0)
        {
            bounds.MultipleOf(Pick(Divisors));
        }
        for (int i = random.Next(3); i > 0; i--)
        {
            bounds.NotMultiples.Add(Pick(Divisors));
        }
        return bounds;
    }

    private static int Found(NumberMachine machine, int state, int most)
    {
        var open = new List<int> { state };
        for (int depth = 0; depth <= most; depth++)
        {
            if (open.Exists(machine.Accepts))
            {
                return depth;
            }
            open = [.. open.SelectMany(at => "-0123456789."u8.ToArray().Select(value => machine.Next(at, value))).Where(at => at >= 0).Distinct()];
        }
        return most + 1;
    }
}
