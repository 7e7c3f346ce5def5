using System.Text;
using System.Text.Json;
using Realm.Grammars;
using Realm.Grammars.Json;
using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>
/// The JSON-Schema-Test-Suite, draft 2020-12, against a record of what is right: a file a line, tests that are right, tests whose schema is refused.
/// The record may only improve; a run that is better fails too, until the record says so.
/// </summary>
public class SchemaSuiteTests
{
    /// <summary>Formats that are notes here: their invalid texts are taken.</summary>
    private static readonly string[] Notes = ["idn-email", "idn-hostname", "iri", "iri-reference", "relative-json-pointer", "uri-template"];

    [SuiteFact]
    public void AsRecorded()
    {
        string folder = Path.Combine(SuiteFactAttribute.Folder!, "json-schema-test-suite", "draft2020-12");
        var lines = new List<string>();
        int right = 0, all = 0;
        foreach (string file in Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            (int Right, int Refused, int All) counts = Run(file, name);
            lines.Add($"{name} {counts.Right} {counts.Refused} {counts.All}");
            right += counts.Right;
            all += counts.All;
        }
        lines.Add($"together {right} of {all}");
        string record = Path.Combine(Golden.Repository, "test", "managed", "Grammars", "schema-suite.txt");
        string now = string.Join('\n', lines) + "\n";
        if (Environment.GetEnvironmentVariable("REALM_RECORD") != null)
        {
            File.WriteAllText(record, now);
        }
        Assert.Equal(File.ReadAllText(record), now);
    }

    private static (int Right, int Refused, int All) Run(string file, string name)
    {
        int right = 0, refused = 0, all = 0;
        foreach (JsonElement group in JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.EnumerateArray())
        {
            JsonElement tests = group.GetProperty("tests");
            all += tests.GetArrayLength();
            Grammar? grammar = null;
            bool isEmpty = false;
            try
            {
                grammar = Formats.Schema(group.GetProperty("schema").GetRawText());
            }
            catch (RealmException e)
            {
                // That no value meets a schema is an answer, and right for all values that do not.
                isEmpty = e.Message.Contains("no value meets");
                refused += isEmpty ? 0 : tests.GetArrayLength();
            }
            foreach (JsonElement test in tests.EnumerateArray())
            {
                bool valid = test.GetProperty("valid").GetBoolean();
                bool taken = grammar?.Test(Compact(test.GetProperty("data"))) ?? false;
                if (taken && !valid && !(name.StartsWith("optional/format/") && Notes.Contains(Path.GetFileNameWithoutExtension(name))))
                {
                    Assert.Fail($"taken against {name}, {group.GetProperty("description")}, {test.GetProperty("description")}");
                }
                right += (grammar != null || isEmpty) && taken == valid ? 1 : 0;
            }
        }
        return (right, refused, all);
    }

    /// <summary>A value as JSON.stringify writes it.</summary>
    public static string Compact(JsonElement value)
    {
        var layout = new JsonLayout(new ExpressionStore(new CompileBudget()), JsonWhitespace.Compact);
        return Encoding.UTF8.GetString(JsonText.Write(JsonItem.Parse(Encoding.UTF8.GetBytes(value.GetRawText()), "value"), layout));
    }
}
