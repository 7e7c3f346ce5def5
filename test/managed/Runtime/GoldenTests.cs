using System.Text.Json;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>The larger models on whole texts, against what llama.cpp computes in single precision from the file's weights. The small ones: ConformanceTests.</summary>
public class GoldenTests
{
    // Rounding of activations differs between engines; more than a quarter more loss than llama.cpp's is an error.
    private const double QuantizationRoom = 1.25;

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
