using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realm.Generation;
using Realm.Grammars;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>A format holds, at every length from the least on.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class FormatTests : IDisposable
{
    private const string Schema =
        """{"type":"object","properties":{"name":{"type":"string"},"n":{"type":"integer"}},"required":["name","n"]}""";

    private readonly OpenModel _model = TestReader.OpenTinyAtlas();

    public void Dispose() => _model.Close();

    private GenerationOptions Options(GrammarNotation notation, string text, long max, ulong seed)
    {
        GenerationOptions options = TestReader.Options(max, seed == 0 ? 0 : 1.5f, seed);
        options.Format = new OutputFormat(notation, Encoding.UTF8.GetBytes(text));
        return options;
    }

    private string Run(GenerationOptions options)
    {
        using var batch = _model.Loaded.Model.NewBatch();
        using var scratch = new Realm.Sampling.SamplerScratch(_model.Loaded.Model.Config.VocabSize);
        using var reader = new TestReader();
        uint[] ids = TestReader.Ids(_model, "The capital of");
        var job = new GenerationJob(_model, Prompt.OfIds(ids, _model.Loaded.Model.Config), options, null, null);
        try
        {
            job.Begin(_model.Loaded.Model);
            while (!job.IsFinished)
            {
                batch.Clear();
                job.Feed(batch, job.IsDecoding ? 1 : Math.Min(job.Wanted, batch.Capacity));
                Assert.True(_model.Loaded.Model.Forward(batch));
                job.Take(batch, scratch);
                reader.Drain(job);
            }
            return reader.Text.ToString();
        }
        finally
        {
            job.Release();
        }
    }

    [Fact]
    public void A_schema_is_valid_at_every_length()
    {
        int least = _model.Loaded.Grammars.Get(GrammarNotation.JsonSchema, Encoding.UTF8.GetBytes(Schema), default).MinTokens;
        for (int max = least; max <= 40; max++)
        {
            for (ulong seed = 0; seed < 4; seed++)
            {
                using JsonDocument value = JsonDocument.Parse(Run(Options(GrammarNotation.JsonSchema, Schema, max, seed)));
                Assert.Equal(JsonValueKind.String, value.RootElement.GetProperty("name").ValueKind);
                Assert.Equal(JsonValueKind.Number, value.RootElement.GetProperty("n").ValueKind);
            }
        }
        RealmException e = Assert.Throws<RealmException>(() => Run(Options(GrammarNotation.JsonSchema, Schema, least - 1, 0)));
        Assert.Equal(ErrorCode.InvalidArgument, e.Code);
        Assert.Contains($"takes {least} tokens", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_regex_and_a_choice_match()
    {
        for (ulong seed = 0; seed < 4; seed++)
        {
            Assert.Matches(new Regex("^[0-9]{3}-[a-f]+$"), Run(Options(GrammarNotation.Regex, "[0-9]{3}-[a-f]+", 20, seed)));
            Assert.Contains(Run(Options(GrammarNotation.Choice, """["Paris","Rome"]""", 20, seed)), new[] { "Paris", "Rome" });
        }
    }
}
