using System.Text;
using System.Text.Json;
using Realm.Gguf;
using Realm.Grammars;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>The sample of MaskBench: what is taken and refused, and texts made at random over a real vocabulary.</summary>
public class MaskBenchTests
{
    /// <summary>Of alternatives only the one that a value meets tells the order of its members, and which that is is not asked here.</summary>
    private static readonly int[] Orders = [-1, 0, 1, 2, 3];

    [SuiteFact]
    public void TakesWhatIsValidAndNothingElse()
    {
        int schemas = 0, compiled = 0, valid = 0, refused = 0;
        var wrong = new List<string>();
        foreach (JsonElement row in Rows())
        {
            schemas++;
            if (Compile(row, null) is not { } grammar)
            {
                continue;
            }
            compiled++;
            // Formats that are notes are said in a warning: what only they tell apart is no fault.
            bool hasNotes = grammar.Warnings.Any(warning => warning.Contains("is not checked"));
            foreach (JsonElement test in row.GetProperty("tests").EnumerateArray())
            {
                bool isValid = test.GetProperty("valid").GetBoolean();
                bool taken = Orders.Any(order => grammar.Test(SchemaOrder.Write(test.GetProperty("data"), row.GetProperty("schema"), order)));
                valid += isValid ? 1 : 0;
                refused += isValid && !taken ? 1 : 0;
                if (taken && !isValid && !hasNotes)
                {
                    wrong.Add($"{row.GetProperty("name")}: {test.GetProperty("description")}");
                }
            }
        }
        Assert.Empty(wrong);
        Assert.True(compiled >= 0.98 * schemas, $"{compiled} of {schemas} schemas");
        Assert.True(refused <= 0.002 * valid, $"{refused} of {valid} valid values are refused");
    }

    [SuiteFact]
    public void RandomTextsEndInTimeAndAreTaken()
    {
        TokenVocabulary vocabulary = TokenVocabulary.Of(Open());
        var allowed = new ulong[vocabulary.MaskWords];
        int seed = 0;
        foreach (JsonElement row in Rows())
        {
            if (Compile(row, vocabulary) is not { } grammar)
            {
                continue;
            }
            var random = new Random(++seed);
            int most = seed % 3 == 0 ? grammar.MinTokens : grammar.MinTokens + random.Next(Math.Max(1, 200 - grammar.MinTokens));
            byte[] text = Generate(grammar.NewConstraint(), vocabulary, allowed, random, most);
            string name = row.GetProperty("name").GetString()!;
            Assert.True(grammar.Test(text), $"{name}, at most {most} tokens: {Encoding.UTF8.GetString(text)}");
            JsonDocument.Parse(text).Dispose();
            var check = new PlainValidator(row.GetProperty("schema"));
            Assert.True(check.IsValid(JsonDocument.Parse(text).RootElement), $"{name}: {check.Fault}: {Encoding.UTF8.GetString(text)}");
        }
        Assert.True(seed > 400, $"only {seed} schemas");
    }

    private static byte[] Generate(Constraint constraint, TokenVocabulary vocabulary, ulong[] allowed, Random random, int most)
    {
        var text = new List<byte>();
        for (int used = 0; used < most && !constraint.IsComplete; used++)
        {
            constraint.Mask(allowed, most - used);
            int count = allowed.Sum(word => System.Numerics.BitOperations.PopCount(word));
            Assert.True(count > 0, "no token is allowed");
            int token = Nth(allowed, random.Next(count));
            if (Array.IndexOf(vocabulary.EndIds, token) >= 0)
            {
                break;
            }
            constraint.Accept(token);
            text.AddRange(vocabulary.BytesOf(token));
        }
        Assert.True(constraint.MayEnd);
        return [.. text];
    }

    private static int Nth(ulong[] bits, int index)
    {
        for (int word = 0; ; word++)
        {
            int count = System.Numerics.BitOperations.PopCount(bits[word]);
            if (index >= count)
            {
                index -= count;
                continue;
            }
            ulong rest = bits[word];
            for (; index > 0; index--)
            {
                rest &= rest - 1;
            }
            return word * 64 + System.Numerics.BitOperations.TrailingZeroCount(rest);
        }
    }

    private static Grammar? Compile(JsonElement row, TokenVocabulary? vocabulary)
    {
        try
        {
            return Formats.Schema(row.GetProperty("schema").GetRawText(), vocabulary);
        }
        catch (RealmException e) when (e.Code is ErrorCode.Unsupported or ErrorCode.InvalidArgument)
        {
            return null;
        }
    }

    private static IEnumerable<JsonElement> Rows()
    {
        return File.ReadLines(Path.Combine(SuiteFactAttribute.Folder!, "maskbench-sample.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);
    }

    private static Tokenizer Open()
    {
        string name = Path.Combine(Golden.Folder!, "tokenizers", "qwen2.gguf");
        using FileStream file = File.OpenRead(name);
        return Tokenizer.Create(GgufFile.Read(file, Realm.Formats.Formats.BlockSize, name).Metadata)!;
    }
}
