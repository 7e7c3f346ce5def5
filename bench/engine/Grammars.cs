using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Realm.Gguf;
using Realm.Grammars;
using Realm.Tests.Grammars;
using Realm.Tokenizers;

namespace Realm.Bench;

/// <summary>
/// What formats cost: schemas of a file (a JSON object a line: name, schema, tests) over the vocabulary of a model file. Each valid value is
/// written as a bound model would write it; at each of its tokens the whole mask is made, then the token is taken. Times are of this thread.
/// </summary>
internal static class Grammars
{
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    public static void Measure(string model, string suite)
    {
        using FileStream file = File.OpenRead(model);
        Tokenizer tokenizer = Tokenizer.Create(GgufFile.Read(file, Formats.Formats.BlockSize, model).Metadata)!;
        double start = Now();
        TokenVocabulary vocabulary = TokenVocabulary.Of(tokenizer);
        _ = vocabulary.Tiers;
        _ = vocabulary.All;
        Console.WriteLine($"vocabulary|{vocabulary.Count}|{Text((Now() - start) / 1000)}");
        string[] lines = File.ReadAllLines(suite);
        var compile = new List<double>();
        var mask = new List<double>();
        var accept = new List<double>();
        int refused = 0, lost = 0;
        foreach (string line in lines)
        {
            JsonElement row = JsonDocument.Parse(line).RootElement;
            byte[] schema = Encoding.UTF8.GetBytes(row.GetProperty("schema").GetRawText());
            start = Now();
            Grammar grammar;
            try
            {
                grammar = GrammarFormat.Compile(GrammarNotation.JsonSchema, schema, vocabulary);
            }
            catch (RealmException)
            {
                refused++;
                continue;
            }
            compile.Add((Now() - start) / 1000);
            foreach (JsonElement test in row.GetProperty("tests").EnumerateArray())
            {
                if (test.GetProperty("valid").GetBoolean())
                {
                    string value = SchemaOrder.Write(test.GetProperty("data"), row.GetProperty("schema"));
                    lost += Run(grammar, tokenizer.Encode(Encoding.UTF8.GetBytes(value), false, false), mask, accept) ? 0 : 1;
                }
            }
        }
        Console.WriteLine($"schemas|{lines.Length}|{refused}");
        Console.WriteLine($"values not taken|{lost}|0");
        Print("compile, ms", compile);
        Print("mask, us", mask);
        Print("accept, us", accept);
    }

    private static bool Run(Grammar grammar, int[] ids, List<double> mask, List<double> accept)
    {
        GrammarConstraint constraint = grammar.NewConstraint();
        var allowed = new ulong[grammar.Vocabulary.MaskWords];
        foreach (int id in ids)
        {
            double start = Now();
            constraint.Mask(allowed, 4096);
            mask.Add(Now() - start);
            if ((allowed[id >> 6] >> (id & 63) & 1) == 0)
            {
                return false;
            }
            start = Now();
            constraint.Accept(id);
            accept.Add(Now() - start);
        }
        return constraint.MayEnd;
    }

    private static void Print(string what, List<double> times)
    {
        times.Sort();
        double At(double part) => times[Math.Min(times.Count - 1, (int)(times.Count * part))];
        double[] figures = [times.Average(), At(.5), At(.9), At(.99), At(.999), times[^1]];
        Console.WriteLine($"{what}|{times.Count}|{string.Join('|', Array.ConvertAll(figures, Text))}");
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Microseconds of processor time of this thread; where that is not to be had, of the clock.</summary>
    private static double Now()
    {
        return OperatingSystem.IsLinux() && ClockGetTime(ThreadClock, out TimeSpec time) == 0
            ? time.Seconds * 1e6 + time.Nanoseconds / 1e3
            : Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency;
    }
}
