using Realm.Sampling;
using Xunit;

namespace Realm.Tests.Sampling;

/// <summary>What holds for every chain, whatever its steps.</summary>
public unsafe class SamplerChainTests
{
    private static readonly SamplingOptions[] _all =
    [
        new(0), new(1), new(1, 40, 0.9f, 0.05f, 1.1f), new(1, 0, 0.9f), new(1, 3000, 0.99f), new(1e38f), new(1e38f, 2000), new(2) { Samplers = ["temperature"] },
        new(1, TopP: 0.95f, MinP: 0.01f) { Samplers = ["temperature", "topP", "minP"] }, new(1) { TypicalP = 0.9f }, new(1) { TopNSigma = 1 },
        new(1, 40) { XtcProbability = 0.5f }, new(0) { XtcProbability = 1 }, new(1) { DynatempRange = 0.5f }, new(1) { Mirostat = 2 }, new(1, MinP: 0.01f) { AdaptiveTarget = 0.5f },
        new(1) { DryMultiplier = 1, DryAllowedLength = 0, FrequencyPenalty = 0.5f, PresencePenalty = 0.1f, RepeatLastN = -1 },
        new(1, 40, RepeatPenalty: 1.2f) { Samplers = ["topK", "temperature", "penalties"] }, new(1) { LogitBias = [(3, 5), (4, -5), (7, float.NegativeInfinity)] },
        new(1e38f) { DynatempRange = 3e38f, DynatempExponent = 0 },
    ];

    public static TheoryData<int> Every() => [.. Enumerable.Range(0, _all.Length)];

    /// <summary>The steps that run as one give the tokens that they give one after the other.</summary>
    [Theory]
    [MemberData(nameof(SamplerTests.Options), MemberType = typeof(SamplerTests))]
    public void As_one_or_step_by_step(int vocabulary, int topK, float topP, float minP, float temperature, float repeatPenalty)
    {
        SamplingOptions options = new(temperature, topK, topP, minP, repeatPenalty, 42);
        float[] logits = SamplerTests.Gaussian(vocabulary, vocabulary + topK);
        using SamplerScratch scratch = new(vocabulary);
        Chooser one = new(options, vocabulary), steps = new(options, vocabulary, stepByStep: true);
        Assert.True(one.Chain.RunsAsOne);
        Assert.False(steps.Chain.RunsAsOne);
        for (int i = 0; i < 100; i++)
            Assert.Equal(Next(one, logits, scratch), Next(steps, logits, scratch));
    }

    /// <summary>Any other step, and any other order, is a chain.</summary>
    [Fact]
    public void What_runs_as_one()
    {
        SamplingOptions plain = new(0.8f, 40, 0.95f, 0.05f, 1.1f) { LogitBias = [(1, 2)], DryMultiplier = 1 };
        Assert.True(RunsAsOne(plain));
        Assert.True(RunsAsOne(plain with { Samplers = ["penalties", "topK", "minP", "temperature"] }));
        Assert.False(RunsAsOne(plain with { Samplers = ["topP", "topK", "temperature"] }));
        Assert.False(RunsAsOne(plain with { Samplers = ["topK", "penalties", "temperature"] }));
        Assert.False(RunsAsOne(plain with { Samplers = ["topK"] }));
        Assert.False(RunsAsOne(plain with { TypicalP = 0.9f }));
        Assert.False(RunsAsOne(plain with { DynatempRange = 0.1f }));
        Assert.False(RunsAsOne(plain with { Mirostat = 2 }));

        static bool RunsAsOne(SamplingOptions options) => SamplerChain.Create(options, 10).RunsAsOne;
    }

    /// <summary>A step that is left out of the order is off.</summary>
    [Fact]
    public void What_is_not_in_the_order_does_not_run()
    {
        float[] logits = SamplerTests.Gaussian(500, 3);
        using SamplerScratch scratch = new(500);
        Chooser asked = new(new(0.7f, 20, 0.5f, 0.2f, 1.5f, 8) { Samplers = ["topK", "temperature"] }, 500), alone = new(new(0.7f, 20, Seed: 8), 500);
        for (int i = 0; i < 100; i++)
            Assert.Equal(Next(alone, logits, scratch), Next(asked, logits, scratch));
    }

    /// <summary>Whatever the steps, a token takes one random number: turning one on does not shift those of later tokens.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void A_token_takes_one_random_number(int which)
    {
        float[] logits = SamplerTests.Gaussian(200, 1);
        using SamplerScratch scratch = new(200);
        SamplerChain chain = SamplerChain.Create(_all[which], 200);
        RandomSource random = new(5), other = new(5);
        fixed (float* p = logits)
            chain.Choose(p, null, new History(), random, scratch);
        other.NextBits();
        Assert.Equal(other.NextBits(), random.NextBits());
    }

    /// <summary>Only allowed tokens come, whatever the steps; and they come as if the others were not there.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void A_mask_is_kept(int which)
    {
        foreach (int vocabulary in new[] { 40, 64, 200, 1000 })
        {
            ulong[] mask = new ulong[LogitMask.Words(vocabulary)];
            int[] allowed = [.. Enumerable.Range(0, vocabulary).Where(id => id / 64 % 3 != 1 && (id % 7 == 2 || id / 64 == 2))];
            foreach (int id in allowed)
                mask[id / 64] |= 1UL << id;
            float[] logits = SamplerTests.Gaussian(vocabulary, vocabulary), few = [.. allowed.Select(id => logits[id])];
            using SamplerScratch scratch = new(vocabulary), small = new(few.Length);
            bool byId = _all[which].LogitBias.Length > 0;
            Chooser masked = new(_all[which] with { Seed = 4 }, vocabulary), without = new(_all[which] with { Seed = 4, LogitBias = [] }, few.Length);
            for (int i = 0; i < 30; i++)
            {
                int token = Next(masked, logits, scratch, mask);
                Assert.Contains(token, allowed);
                if (!byId)
                    Assert.Equal(token, allowed[Next(without, few, small)]);
            }
        }
    }

    [Fact]
    public void A_mask_that_allows_nothing_is_an_error()
    {
        using SamplerScratch scratch = new(70);
        RealmException error = Assert.Throws<RealmException>(() => Next(new Chooser(new(1), 70), new float[70], scratch, new ulong[2]));
        Assert.Equal((ErrorCode.InvalidArgument, "none of the 70 tokens is allowed"), (error.Code, error.Message));
    }

    [Fact]
    public void Biases_that_forbid_everything_are_an_error()
    {
        using SamplerScratch scratch = new(70);
        (int, float)[] all = [.. Enumerable.Range(0, 70).Select(id => (id, float.NegativeInfinity))];
        RealmException error = Assert.Throws<RealmException>(() => Next(new Chooser(new(1) { LogitBias = all }, 70), new float[70], scratch));
        Assert.Equal((ErrorCode.InvalidArgument, "none of the 70 tokens is allowed"), (error.Code, error.Message));
    }

    /// <summary>Every word of a mask, every remainder of a vocabulary.</summary>
    [Fact]
    public void Masks_like_a_loop()
    {
        RandomSource random = new(3);
        for (int vocabulary = 0; vocabulary < 200; vocabulary++)
        {
            ulong[] mask = [.. Enumerable.Range(0, LogitMask.Words(vocabulary)).Select(i => (i % 4) switch { 0 => random.NextBits(), 1 => 0UL, 2 => ulong.MaxValue, _ => ~(1UL << vocabulary) })];
            float[] logits = [.. Enumerable.Range(0, vocabulary + 1).Select(i => (float)i)];
            fixed (float* p = logits)
            fixed (ulong* m = mask)
                LogitMask.Apply(p, vocabulary, m);
            for (int i = 0; i < vocabulary; i++)
                Assert.Equal((mask[i / 64] >> i & 1) == 1 ? i : LogitMask.Forbidden, logits[i]);
            Assert.Equal(vocabulary, logits[vocabulary]);
        }
    }

    /// <summary>A bias of minus infinity is never chosen; any other is added before all else.</summary>
    [Fact]
    public void Bias()
    {
        float[] logits = [5, 4, 3, 2];
        using SamplerScratch scratch = new(4);
        Assert.Equal(1, Next(new Chooser(new(0) { LogitBias = [(0, float.NegativeInfinity)] }, 4), logits, scratch));
        Assert.Equal(3, Next(new Chooser(new(0) { LogitBias = [(3, 3.5f), (0, -0.5f)] }, 4), logits, scratch));
        Assert.Equal(0, Next(new Chooser(new(0) { LogitBias = [(3, 3), (0, 0)] }, 4), logits, scratch));
        // Penalties see what the bias has made of a logit.
        Chooser chooser = new(new(0, RepeatPenalty: 2) { LogitBias = [(0, -6)], Samplers = ["penalties", "temperature"] }, 4);
        chooser.Accept(0);
        fixed (float* p = logits)
            chooser.Sample(p, scratch);
        Assert.Equal(-2, logits[0]);
    }

    /// <summary>The least of several rounds counts: what a token allocates comes in each of them, what the runtime does once does not.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void Nothing_is_allocated_a_token(int which)
    {
        float[] logits = SamplerTests.Gaussian(5000, 2);
        using SamplerScratch scratch = new(5000);
        Chooser chooser = new(_all[which], 5000, [], new DryBreakers([4], [5, 6]));
        for (int i = 0; i < 300; i++)
            chooser.Accept(i * i % 50);
        fixed (float* p = logits)
        {
            long least = long.MaxValue;
            for (int round = 0; round < 5; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 50; i++)
                    chooser.Accept(chooser.Sample(p, scratch));
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            Assert.Equal(0, least);
        }
    }

    /// <summary>Each kind of step draws these tokens from these logits, on every processor: a line each. To write it anew: REALM_RECORD=1.</summary>
    [Fact]
    public void Tokens_never_change()
    {
        RandomSource random = new(12);
        float[] logits = [.. Enumerable.Range(0, 999).Select(_ => (float)((random.NextDouble() + random.NextDouble() + random.NextDouble()) * 7))];
        using SamplerScratch scratch = new(999);
        List<string> drawn = [];
        foreach (SamplingOptions options in _all)
        {
            Chooser chooser = new(options with { Seed = 6 }, 999);
            drawn.Add(string.Join(' ', Enumerable.Range(0, 5).Select(_ => Next(chooser, logits, scratch))));
        }
        string path = Path.Combine(Golden.Repository, "test", "managed", "Sampling", "tokens.txt");
        if (Environment.GetEnvironmentVariable("REALM_RECORD") == "1")
            File.WriteAllLines(path, drawn);
        Assert.Equal(File.ReadAllLines(path), drawn);
    }

    /// <summary>No step makes a logit that is not finite look like one that is.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void What_is_not_finite_is_found(float wrong)
    {
        using SamplerScratch scratch = new(4);
        foreach (SamplingOptions options in _all)
        {
            Chooser chooser = new(options with { RepeatPenalty = 1.5f, LogitBias = [(1, 3)] }, 4);
            chooser.Accept(1);
            RealmException error = Assert.Throws<RealmException>(() => Next(chooser, [1, wrong, 2, 3], scratch));
            Assert.Equal(ErrorCode.Numeric, error.Code);
        }
    }

    [Fact]
    public void Wrong_options()
    {
        Dictionary<SamplingOptions, (ErrorCode Code, string Message)> wrong = new()
        {
            [new() { Samplers = ["topK", "topX"] }] = (ErrorCode.InvalidArgument, "samplers: there is no sampler 'topX'; there are penalties, dry, topNSigma, topK, typicalP, topP, minP, xtc, temperature, mirostat, adaptiveP"),
            [new() { Mirostat = 1 }] = (ErrorCode.InvalidArgument, "mirostat must be 0 or 2, not 1: the first form is not there"),
            [new() { Mirostat = 2, AdaptiveTarget = 0 }] = (ErrorCode.InvalidArgument, "mirostat and adaptiveTarget exclude each other: both choose the token"),
            [new() { LogitBias = [(1, float.NaN)] }] = (ErrorCode.InvalidArgument, "logitBias of token 1 must be a finite number or minus infinity, not NaN"),
            [new() { LogitBias = [(1, float.PositiveInfinity)] }] = (ErrorCode.InvalidArgument, "logitBias of token 1 must be a finite number or minus infinity, not Infinity"),
            [new() { LogitBias = [(10, 1)] }] = (ErrorCode.InvalidToken, "logitBias: token id 10 is not in the vocabulary of 10"),
            [new() { XtcProbability = 2 }] = (ErrorCode.InvalidArgument, "xtcProbability must be a number from 0 to 1, not 2"),
        };
        foreach ((SamplingOptions options, (ErrorCode, string) expected) in wrong)
        {
            RealmException error = Assert.Throws<RealmException>(() => SamplerChain.Create(options, 10));
            Assert.Equal(expected, (error.Code, error.Message));
        }
    }

    private static int Next(Chooser chooser, float[] logits, SamplerScratch scratch, ulong[]? mask = null)
    {
        fixed (float* p = (float[])logits.Clone())
        fixed (ulong* m = mask)
        {
            int token = chooser.Sample(p, scratch, m);
            chooser.Accept(token);
            return token;
        }
    }
}
