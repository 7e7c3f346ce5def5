using System.Text.Json;
using Realm.Blocks;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Logits against the reference data: what llama.cpp computes in single precision from the file's weights.</summary>
public class GoldenTests
{
    // Adding in another order moves logits by less than 1e-8; anything wrong moves them by far more than this.
    private const double SinglePrecision = 1e-6;

    // Rounding of activations differs between engines; more than a quarter more loss than llama.cpp's is an error.
    private const double QuantizationRoom = 1.25;

    [GoldenTheory]
    [InlineData("archs", "llama-dense")]
    [InlineData("archs", "llama-moe")]
    [InlineData("archs", "qwen2-dense")]
    [InlineData("archs", "qwen3-dense")]
    [InlineData("families", "llama3-ropescaled")]
    [InlineData("families", "llama-yarn")]
    [InlineData("families", "llama-linear-rope")]
    [InlineData("families", "mistral-swa")]
    [InlineData("families", "mixtral")]
    [InlineData("families", "qwen2")]
    [InlineData("families", "qwen3")]
    public void Architectures(string folder, string name)
    {
        int[] tokens = Golden.Integers(Golden.Json($"{folder}/index.json").GetProperty(name).GetProperty("tokens"));
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Folder!, folder, name + ".gguf"));
        using Model model = Model.Load(file, new ModelOptions(2, Cache: CacheType.F32));
        List<float[]> layers = [];
        float[] logits = Networks.LayerByLayer(model, tokens, tokens.Length, layers);
        Assert.InRange(Golden.Nmse(logits, Golden.Floats($"{folder}/{name}.logits.f32")), 0, SinglePrecision);
        if (folder == "archs")
            CheckLayers(layers, Golden.Floats($"archs/{name}.layers.f32"), SinglePrecision);
    }

    [GoldenFact]
    public void A_split_file_is_the_whole_model()
    {
        int[] tokens = Golden.Integers(Golden.Json("families/index.json").GetProperty("llama3-ropescaled").GetProperty("tokens"));
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Folder!, "split", "llama3-ropescaled-00001-of-00003.gguf"));
        using Model model = Model.Load(file, new ModelOptions(2, Cache: CacheType.F32));
        Assert.InRange(Golden.Nmse(Networks.Logits(model, tokens, 512), Golden.Floats("families/llama3-ropescaled.logits.f32")), 0, SinglePrecision);
    }

    [GoldenTheory]
    [InlineData("llama-dense-Q8_0")]
    [InlineData("llama-dense-Q4_0")]
    [InlineData("llama-dense-Q4_1")]
    [InlineData("llama-dense-Q5_0")]
    [InlineData("llama-dense-Q5_1")]
    [InlineData("llama-dense-Q2_K")]
    [InlineData("llama-dense-Q3_K_M")]
    [InlineData("llama-dense-Q4_K_M")]
    [InlineData("llama-dense-Q5_K_M")]
    [InlineData("llama-dense-Q6_K")]
    [InlineData("llama-dense-IQ1_S")]
    [InlineData("llama-dense-IQ1_M")]
    [InlineData("llama-dense-IQ2_XXS")]
    [InlineData("llama-dense-IQ2_XS")]
    [InlineData("llama-dense-IQ2_S")]
    [InlineData("llama-dense-IQ3_XXS")]
    [InlineData("llama-dense-IQ3_S")]
    [InlineData("llama-dense-IQ4_NL")]
    [InlineData("llama-dense-IQ4_XS")]
    [InlineData("llama-dense-TQ1_0")]
    [InlineData("llama-dense-TQ2_0")]
    [InlineData("llama-dense-Q1_0")]
    [InlineData("llama-moe-Q4_0")]
    [InlineData("llama-moe-Q4_K_M")]
    [InlineData("llama-moe-MXFP4_MOE")]
    public void Formats(string name)
    {
        JsonElement entry = Golden.Json(name.StartsWith("llama-moe", StringComparison.Ordinal) ? "quants/llama-moe.json" : "quants/llama-dense.json").GetProperty(name);
        int[] tokens = Golden.Integers(entry.GetProperty("tokens"));
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Folder!, "quants", name + ".gguf"));
        using Model model = Model.Load(file, new ModelOptions(2, Cache: CacheType.F32));
        double bound = QuantizationRoom * entry.GetProperty("llamacpp_nmse").GetDouble();
        Assert.InRange(Golden.Nmse(Networks.Logits(model, tokens, 512), Golden.Floats($"quants/{name}.logits.f32")), 0, bound);
    }

    [GoldenTheory]
    [InlineData("tiny-atlas-q4_k_m", "tiny-atlas/tiny-atlas-q4_k_m.gguf")]
    [InlineData("smollm2-135m-instruct-q4_1", "smollm2-135m-instruct-q4_1.gguf")]
    public void Texts(string name, string path)
    {
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Models!, path));
        using Model model = Model.Load(file, new ModelOptions());
        JsonElement prompts = Golden.Json($"text/{name}.json");
        JsonElement first = prompts[0];
        int[] tokens = Golden.Integers(first.GetProperty("tokens"));
        List<float[]> layers = [];
        float[] logits = Networks.LayerByLayer(model, tokens, tokens.Length, layers);
        double loss = QuantizationRoom * first.GetProperty("llamacpp_nmse").GetDouble();
        Assert.InRange(Golden.Nmse(logits, Golden.Floats($"text/{name}.logits.f32")), 0, loss);
        CheckLayers(layers, Golden.Floats($"text/{name}.layers.f32"), 1e-2);
        foreach (JsonElement prompt in prompts.EnumerateArray())
            CheckGreedy(model, prompt);
    }

    [GoldenTheory]
    [InlineData("smollm2-135m-instruct-q4_1", "smollm2-135m-instruct-q4_1.gguf")]
    public void Long_texts(string name, string path)
    {
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Models!, path));
        using Model model = Model.Load(file, new ModelOptions());
        JsonElement text = Golden.Json($"text/{name}.long.json");
        int[] tokens = Golden.Integers(text.GetProperty("tokens")), largest = Golden.Integers(text.GetProperty("argmax"));
        float[] logits = Networks.Logits(model, tokens, 512);
        int vocab = model.Config.VocabSize, agreeing = 0;
        double loss = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * vocab, vocab);
            agreeing += Networks.Largest(row) == largest[i] ? 1 : 0;
            if (i + 1 < tokens.Length)
                loss += LogSumExp(row) - row[tokens[i + 1]];
        }
        double exact = text.GetProperty("perplexity").GetDouble(), theirs = text.GetProperty("llamacpp_perplexity").GetDouble();
        double ours = Math.Exp(loss / (tokens.Length - 1));
        Assert.InRange(Math.Abs(ours - exact), 0, Math.Abs(theirs - exact));
        Assert.InRange((double)agreeing / tokens.Length, text.GetProperty("llamacpp_argmax_agreement").GetDouble(), 1);
    }

    private static double LogSumExp(ReadOnlySpan<float> row)
    {
        double max = float.NegativeInfinity, sum = 0;
        foreach (float value in row)
            max = Math.Max(max, value);
        foreach (float value in row)
            sum += Math.Exp(value - max);
        return max + Math.Log(sum);
    }

    private static void CheckLayers(List<float[]> layers, float[] expected, double bound)
    {
        for (int i = 0; i < layers.Count; i++)
            Assert.InRange(Golden.Nmse(layers[i], expected.AsSpan(i * layers[i].Length, layers[i].Length)), 0, bound);
    }

    private static void CheckGreedy(Model model, JsonElement prompt)
    {
        int[] expected = Golden.Integers(prompt.GetProperty("greedy"));
        double[] margins = [.. prompt.GetProperty("greedy_margin").EnumerateArray().Select(m => m.GetDouble())];
        int[] actual = Networks.Greedy(model, Golden.Integers(prompt.GetProperty("tokens")), expected.Length);
        int differs = Enumerable.Range(0, expected.Length).FirstOrDefault(i => actual[i] != expected[i], -1);
        if (differs >= 0)
            Assert.InRange(margins[differs], 0, 0.2);
    }
}
