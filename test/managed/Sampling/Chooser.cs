using Realm.Sampling;

namespace Realm.Tests.Sampling;

/// <summary>A chain with the history and the random numbers of its sequence.</summary>
internal sealed unsafe class Chooser(SamplingOptions options, int vocabulary, int[]? forbidden = null, DryBreakers? breakers = null, bool stepByStep = false)
{
    private readonly RandomSource _random = new(options.Seed);

    public SamplerChain Chain { get; } = SamplerChain.Create(options, vocabulary, forbidden, breakers, mayRunAsOne: !stepByStep);

    public History History { get; } = new(1 << 12);

    public int Sample(float* logits, SamplerScratch scratch, ulong* mask = null) => Chain.Choose(logits, mask, History, _random, scratch);

    public void Accept(int token)
    {
        Chain.Accept(token);
        History.Add(token);
    }
}
