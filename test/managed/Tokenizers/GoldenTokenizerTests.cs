using System.Text;
using System.Text.Json;
using Realm.Formats;
using Realm.Gguf;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>Every text of the reference data, in all four modes and back, against llama.cpp's ids.</summary>
public class GoldenTokenizerTests
{
    [GoldenTheory]
    [InlineData("gpt-2")]
    [InlineData("llama-bpe")]
    [InlineData("qwen2")]
    [InlineData("falcon")]
    [InlineData("starcoder")]
    [InlineData("deepseek-coder")]
    [InlineData("llama-spm")]
    [InlineData("phi-3")]
    [InlineData("bert-bge")]
    [InlineData("smollm2-135m-instruct-q4_1")]
    [InlineData("tiny-atlas-q4_k_m")]
    public void SameTokens(string name)
    {
        Tokenizer tokenizer = Open(name);
        int cases = 0;
        foreach (JsonElement item in Golden.Json(Path.Combine("tokenizers", $"{name}.json")).EnumerateArray())
        {
            byte[] text = Encoding.UTF8.GetBytes(item.GetProperty("text").GetString()!);
            foreach ((string key, bool addSpecial, bool parseSpecial) in Modes)
            {
                int[] expected = Golden.Integers(item.GetProperty(key));
                int[] actual = tokenizer.Encode(text, addSpecial, parseSpecial);
                Assert.True(expected.SequenceEqual(actual),
                    $"{name}, {key} of {item.GetProperty("text")}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
            }
            byte[] back = tokenizer.Decode(Golden.Integers(item.GetProperty("ids_parse_special")), skipSpecial: false);
            byte[] expectedBack = item.TryGetProperty("detokenized", out JsonElement plain)
                ? Encoding.UTF8.GetBytes(plain.GetString()!)
                : Convert.FromHexString(item.GetProperty("detokenized_hex").GetString()!);
            Assert.Equal(Convert.ToHexString(expectedBack), Convert.ToHexString(back));
            cases++;
        }
        Assert.True(cases > 100, $"only {cases} texts");
    }

    private static readonly (string Key, bool AddSpecial, bool ParseSpecial)[] Modes =
    [
        ("ids", false, false), ("ids_parse_special", false, true), ("ids_add_special", true, false), ("ids_both", true, true),
    ];

    private static Tokenizer Open(string name)
    {
        string[] places =
        [
            Path.Combine(Golden.Folder!, "tokenizers", $"{name}.gguf"),
            Path.Combine(Golden.Models!, $"{name}.gguf"),
            Path.Combine(Golden.Models!, "tiny-atlas", $"{name}.gguf"),
        ];
        using FileStream file = File.OpenRead(places.First(File.Exists));
        return Tokenizer.Create(GgufFile.Read(file, Realm.Formats.Formats.BlockSize, name).Metadata)!;
    }
}
