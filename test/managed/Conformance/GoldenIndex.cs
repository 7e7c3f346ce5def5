using System.Globalization;
using System.Text.Json;

namespace Realm.Tests.Conformance;

/// <summary>All models of the reference data, as its own indexes name them: there is no list of them in this repository.</summary>
internal static class GoldenIndex
{
    // Adding in another order moves logits by less than 1e-8; anything wrong moves them by far more than this.
    private const double SinglePrecision = 1e-6;

    // Of families where two independent implementations are further apart than sums in another order put them: one of them takes GELU from a table.
    private const double WithGelu = 1e-5, AnotherOrder = 1e-9;

    // Rounding of activations differs between engines; more than a quarter more loss than llama.cpp's is an error.
    private const double QuantizationRoom = 1.25;

    // Of cosines, which have bounds of their own: a figure as large as this is llama.cpp's shortfall.
    private const double Shortfall = 1e-3;

    /// <summary>Every model, folder by folder.</summary>
    public static IEnumerable<GoldenModel> All() => [.. Architectures(), .. Families(), .. Encoders(), .. Quants(), .. Adapters(), .. Splits(), .. Texts(), .. Embeddings()];

    private static IEnumerable<GoldenModel> Architectures()
    {
        foreach ((string name, JsonElement entry) in Entries("archs/index.json"))
            yield return Plain("archs", name, entry, SinglePrecision) with { SeesAll = IsTrue(entry, "non_causal") };
    }

    private static IEnumerable<GoldenModel> Families()
    {
        foreach ((string name, JsonElement entry) in Entries("families/index.json"))
        {
            double apart = entry.GetProperty("nmse_llamacpp_vs_transformers").GetDouble();
            yield return Plain("families", name, entry, apart > AnotherOrder ? WithGelu : SinglePrecision) with { SeesAll = IsTrue(entry, "non_causal") };
        }
    }

    private static IEnumerable<GoldenModel> Encoders()
    {
        foreach ((string name, JsonElement entry) in Entries("families/encoders.json"))
        {
            GoldenModel model = Plain("families", name, entry, WithGelu);
            yield return model with { Folder = "encoders", Logits = null, Hidden = Existing($"families/{name}.hidden.f32"), SeesAll = true };
        }
    }

    private static IEnumerable<GoldenModel> Quants()
    {
        foreach (string index in Files("quants", "*.json"))
        {
            foreach ((string name, JsonElement entry) in Entries(index))
                yield return Plain("quants", name, entry, QuantizationRoom * entry.GetProperty("llamacpp_nmse").GetDouble());
        }
    }

    private static IEnumerable<GoldenModel> Adapters()
    {
        if (Existing("lora/index.json") == null)
            yield break;
        JsonElement index = Golden.Json("lora/index.json");
        GoldenModel model = new("lora", "base", Full("lora/base.gguf"), Golden.Integers(index.GetProperty("tokens")), SinglePrecision);
        yield return model with { Logits = Existing("lora/base.logits.f32") };
        foreach (string logits in Files("lora", "scale*.logits.f32"))
        {
            string name = System.IO.Path.GetFileName(logits)[..^".logits.f32".Length];
            float scale = float.Parse(name["scale".Length..], CultureInfo.InvariantCulture);
            yield return model with { Name = name, Logits = logits, Adapter = Full("lora/adapter.gguf"), AdapterScale = scale };
        }
    }

    /// <summary>Models of `families/` in parts, which carry their names.</summary>
    private static IEnumerable<GoldenModel> Splits()
    {
        const string FirstPart = "-00001-of-";
        Dictionary<string, GoldenModel> whole = Families().ToDictionary(model => model.Name);
        foreach (string part in Files("split", $"*{FirstPart}*.gguf"))
        {
            string name = System.IO.Path.GetFileName(part);
            yield return whole[name[..name.IndexOf(FirstPart, StringComparison.Ordinal)]] with { Folder = "split", Path = Full(part) };
        }
    }

    /// <summary>The larger models, which lie elsewhere, on the first of their texts.</summary>
    private static IEnumerable<GoldenModel> Texts()
    {
        foreach (string index in Files("text", "*.json"))
        {
            string name = System.IO.Path.GetFileNameWithoutExtension(index);
            if (ModelPath(name) is not { } path || !File.Exists(Full($"text/{name}.logits.f32")))
                continue;
            JsonElement first = Golden.Json(index)[0];
            double bound = QuantizationRoom * first.GetProperty("llamacpp_nmse").GetDouble();
            yield return new("text", name, path, Golden.Integers(first.GetProperty("tokens")), bound)
            {
                Logits = $"text/{name}.logits.f32",
                Layers = Existing($"text/{name}.layers.f32"),
                LayersBound = 1e-2,
            };
        }
    }

    /// <summary>Sentences, for models that lie elsewhere.</summary>
    private static IEnumerable<GoldenModel> Embeddings()
    {
        foreach (string index in Files("embeddings", "*.json"))
        {
            string name = System.IO.Path.GetFileNameWithoutExtension(index);
            if (ModelPath(name) is not { } path)
                continue;
            GoldenText[] texts = [.. Golden.Json(index).EnumerateArray().Select(text => new GoldenText(
                Golden.Integers(text.GetProperty("tokens")),
                [.. text.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())],
                text.GetProperty("llamacpp_cosine").GetDouble()))];
            yield return new("embeddings", name, path, [], Shortfall) { Texts = texts };
        }
    }

    private static string? ModelPath(string name) =>
        Golden.Models == null ? null : Directory.GetFiles(Golden.Models, name + ".gguf", SearchOption.AllDirectories).FirstOrDefault();

    private static GoldenModel Plain(string folder, string name, JsonElement entry, double bound)
    {
        return new(folder, name, Full($"{folder}/{name}.gguf"), Golden.Integers(entry.GetProperty("tokens")), bound)
        {
            Logits = Existing($"{folder}/{name}.logits.f32"),
            Layers = Existing($"{folder}/{name}.layers.f32"),
        };
    }

    private static IEnumerable<(string Name, JsonElement Entry)> Entries(string index) =>
        Existing(index) == null ? [] : Golden.Json(index).EnumerateObject().Select(property => (property.Name, property.Value));

    /// <summary>Files of a folder, named from the root of the reference data, in order.</summary>
    private static IEnumerable<string> Files(string folder, string pattern) => !Directory.Exists(Full(folder))
        ? []
        : Directory.GetFiles(Full(folder), pattern).Select(file => $"{folder}/{System.IO.Path.GetFileName(file)}").Order(StringComparer.Ordinal);

    private static string Full(string name) => System.IO.Path.Combine(Golden.Folder!, name);

    private static string? Existing(string name) => File.Exists(Full(name)) ? name : null;

    private static bool IsTrue(JsonElement entry, string name) => entry.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
}
