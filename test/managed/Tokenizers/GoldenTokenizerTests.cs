using System.Text;
using System.Text.Json;
using Realm.Formats;
using Realm.Gguf;
using Realm.Tokenizers;
using Xunit;
using Xunit.Abstractions;

namespace Realm.Tests.Tokenizers;

/// <summary>Every file of the reference data's folder, every text, in all four modes and back, against llama.cpp's ids: all of them.</summary>
public class GoldenTokenizerTests(ITestOutputHelper log)
{
    private static readonly (string Key, bool AddSpecial, bool ParseSpecial)[] s_modes =
    [
        ("ids", false, false), ("ids_parse_special", false, true), ("ids_add_special", true, false), ("ids_both", true, true),
    ];

    [GoldenFact]
    public void SameTokens()
    {
        var misses = new List<string>();
        int files = 0, checks = 0;
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Golden.Folder!, "tokenizers"), "*.json").Order())
        {
            string name = Path.GetFileNameWithoutExtension(path);
            Tokenizer tokenizer = Open(name);
            int before = checks;
            foreach (JsonElement item in Golden.Json(path).EnumerateArray())
                checks += Check(name, tokenizer, item, misses);
            log.WriteLine($"{name}: {checks - before} of ids and texts");
            Assert.True(checks - before > 100, $"{name}: only {checks - before} checks");
            files++;
        }
        Assert.True(misses.Count == 0, $"{misses.Count} of {checks} differ:\n{string.Join('\n', misses.Take(20))}");
        Assert.True(files >= 11, $"only {files} files");
    }

    /// <summary>What was a text is that text again, but for what a kind of tokenizer leaves out by its nature.</summary>
    [GoldenFact]
    public void TextsComeBack()
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Golden.Folder!, "tokenizers"), "*.gguf").Order())
        {
            string name = Path.GetFileNameWithoutExtension(path);
            Tokenizer tokenizer = Open(name);
            if (Metadata(path).Text("tokenizer.ggml.model") == "bert") continue; // lower case, no accents, no white space
            foreach (JsonElement item in Golden.Json(Path.ChangeExtension(path, ".json")).EnumerateArray())
            {
                string text = item.GetProperty("text").GetString()!;
                Assert.Equal(text, tokenizer.Text(tokenizer.Encode(text)));
                // Markers of Phi 3 swallow white space behind them.
                if (name != "phi-3") Assert.Equal(text, tokenizer.Text(tokenizer.Encode(text, parseSpecial: true)));
            }
        }
    }

    private static int Check(string name, Tokenizer tokenizer, JsonElement item, List<string> misses)
    {
        byte[] text = Encoding.UTF8.GetBytes(item.GetProperty("text").GetString()!);
        foreach ((string key, bool addSpecial, bool parseSpecial) in s_modes)
        {
            int[] expected = Golden.Integers(item.GetProperty(key));
            int[] actual = tokenizer.Encode(text, addSpecial, parseSpecial);
            if (!expected.SequenceEqual(actual))
                misses.Add($"{name}, {key} of {item.GetProperty("text")}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
        }
        byte[] back = tokenizer.Decode(Golden.Integers(item.GetProperty("ids_parse_special")), skipSpecial: false, cleanSpaces: true);
        byte[] expectedBack = item.TryGetProperty("detokenized", out JsonElement plain)
            ? Encoding.UTF8.GetBytes(plain.GetString()!)
            : Convert.FromHexString(item.GetProperty("detokenized_hex").GetString()!);
        if (!expectedBack.AsSpan().SequenceEqual(back))
            misses.Add($"{name}, text of {item.GetProperty("text")}: got {Encoding.UTF8.GetString(back)}");
        return s_modes.Length + 1;
    }

    private static Tokenizer Open(string name)
    {
        string[] places =
        [
            Path.Combine(Golden.Folder!, "tokenizers", $"{name}.gguf"),
            .. Directory.EnumerateFiles(Golden.Models!, $"{name}.gguf", SearchOption.AllDirectories),
        ];
        return Tokenizer.Create(Metadata(places.First(File.Exists)))!;
    }

    private static GgufMetadata Metadata(string path)
    {
        using FileStream file = File.OpenRead(path);
        return GgufFile.Read(file, Realm.Formats.Formats.BlockSize, path).Metadata;
    }
}
