using Realm.Generation;
using Realm.Grammars;
using Realm.Sampling;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Samplers for those who compute logits themselves.</summary>
[Collection(ProcessWide.Name)]
public sealed class TokenSamplerTests : IDisposable
{
    private const string Prompt = "Once upon a time";
    private const int Count = 24;

    private readonly OpenModel _model = TestReader.OpenTinyAtlas();

    public void Dispose() => _model.Close();

    public static TheoryData<SamplingOptions> Ways { get; } =
    [
        new SamplingOptions(0f),
        new SamplingOptions(1f, Seed: 7),
        new SamplingOptions(1.5f, Seed: 8) { RepeatPenalty = 1.3f },
        new SamplingOptions(1f, Seed: 9) { DryMultiplier = 0.8f },
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void ChoosesAsAGenerationDoes(SamplingOptions sampling)
    {
        GenerationOptions options = TestReader.Options(Count, ignoreEos: true) with { Sampling = sampling };
        using TestReader reader = TestReader.Run(_model, Prompt, options);
        Assert.Equal(Count, reader.Tokens.Count);

        TokenSampler sampler = new(_model, options);
        List<int> ids = [.. TestReader.Ids(_model, Prompt).Select(id => (int)id)];
        sampler.Accept([.. ids]);
        foreach (int expected in reader.Tokens)
        {
            float[] row = LastRow(ids);
            float[] before = [.. row];
            Assert.Equal(expected, sampler.Choose(row));
            Assert.Equal(before, row);
            ids.Add(expected);
        }
    }

    [Fact]
    public void WhatIsRefused()
    {
        GenerationOptions options = TestReader.Options(1);
        TokenSampler sampler = new(_model, options);
        int vocabulary = _model.Loaded.Model.Config.VocabSize, context = _model.Loaded.Model.Config.ContextLength;
        Fails(ErrorCode.InvalidArgument, () => sampler.Choose(new float[vocabulary - 1]));
        float[] broken = new float[vocabulary];
        broken[3] = float.NaN;
        Fails(ErrorCode.Numeric, () => sampler.Choose(broken));
        sampler.Accept(new int[context]);
        Fails(ErrorCode.ContextFull, () => sampler.Accept([1]));
        // A choice more is no harm: there is nothing that it would be remembered for.
        Assert.InRange(sampler.Choose(LastRow([1])), 0, vocabulary - 1);
        Fails(ErrorCode.Unsupported, () => new TokenSampler(_model, options with { Format = new OutputFormat(GrammarNotation.Regex, "a"u8.ToArray()) }));
        Fails(ErrorCode.Unsupported, () => new TokenSampler(_model, options with { LogitsProcessor = true }));
        OpenModel words = new(LoadedModels.LeasePath(Golden.TinyAtlas, new(1)), vocabOnly: true);
        Fails(ErrorCode.Unsupported, () => new TokenSampler(words, options));
        words.Close();
    }

    private float[] LastRow(List<int> ids)
    {
        int vocabulary = _model.Loaded.Model.Config.VocabSize;
        return Networks.Logits(_model.Loaded.Model, [.. ids], ids.Count)[^vocabulary..];
    }

    private static void Fails(ErrorCode code, Func<object> work) => Assert.Equal(code, Assert.Throws<RealmException>(work).Code);

    private static void Fails(ErrorCode code, Action work) => Assert.Equal(code, Assert.Throws<RealmException>(work).Code);
}
