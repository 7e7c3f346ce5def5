using System.Buffers;
using System.Text.Json;
using Realm.Formats;
using Realm.Gguf;
using Realm.Runtime;
using Realm.State;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_file_inspect</c>: js/model/inspectModel.ts' ModelInspection. Whatever keeps a file from running is one of its
/// problems; an error is only what keeps it from being read.</summary>
internal static class InspectionDescription
{
    /// <summary>Facts about a file from its metadata and the directory of its tensors.</summary>
    /// <exception cref="RealmException">The file is no readable GGUF; an option makes no sense.</exception>
    public static ReadOnlySpan<byte> Json(string path, InspectionOptions options)
    {
        using ModelFile file = ModelFile.OpenPath(path);
        var problems = new List<RealmException>();
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("architecture", file.Metadata.Text("general.architecture"));
        json.WriteString("name", file.Metadata.Text("general.name"));
        ModelDescription.WriteFile(json, file);
        WriteFormats(json, file);
        WriteTokenizer(json, file.Metadata, problems);
        WriteAdapter(json, file);
        List<AdapterFile> adapters = [];
        try
        {
            WriteAdapters(json, options.Model.Adapters, file, options.Model, adapters, problems);
            WriteNetwork(json, Facts(file, options.Model, adapters, problems), file, adapters, options);
        }
        finally
        {
            foreach (AdapterFile adapter in adapters)
            {
                adapter.File.Dispose();
            }
        }
        json.WriteBoolean("runs", problems.Count == 0);
        WriteProblems(json, problems);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static ModelFacts? Facts(ModelFile file, ModelOptions options, IReadOnlyList<AdapterFile> adapters, List<RealmException> problems)
    {
        try
        {
            return Model.Inspect(file, options, adapters);
        }
        catch (RealmException problem)
        {
            problems.Add(problem);
            return null;
        }
    }

    private static void WriteNetwork(Utf8JsonWriter json, ModelFacts? facts, ModelFile file, List<AdapterFile> adapters, InspectionOptions options)
    {
        if (facts == null)
        {
            // Then the file's word is all there is.
            string? architecture = file.Metadata.Text("general.architecture");
            ModelDescription.WriteFact(json, "layers", ModelDescription.Fact(file.Metadata, $"{architecture}.block_count"));
            ModelDescription.WriteFact(json, "hiddenSize", ModelDescription.Fact(file.Metadata, $"{architecture}.embedding_length"));
            ModelDescription.WriteFact(json, "vocabSize", ModelDescription.Fact(file.Metadata, $"{architecture}.vocab_size"));
            ModelDescription.WriteFact(json, "contextLength", ModelDescription.Fact(file.Metadata, $"{architecture}.context_length"));
            json.WriteNull("generates");
            json.WriteNull("pooling");
            json.WriteNull("memory");
            return;
        }
        json.WriteNumber("layers", facts.Config.Layers);
        json.WriteNumber("hiddenSize", facts.Config.HiddenSize);
        json.WriteNumber("vocabSize", facts.Config.VocabSize);
        json.WriteNumber("contextLength", facts.Config.ContextLength);
        json.WriteBoolean("generates", facts.Generates);
        json.WriteString("pooling", ModelDescription.PoolingNames[(int)facts.Pooling]);
        WriteMemory(json, facts, adapters, options);
    }

    private static void WriteMemory(Utf8JsonWriter json, ModelFacts facts, List<AdapterFile> adapters, InspectionOptions options)
    {
        long length = options.ContextLength == 0 ? facts.Config.ContextLength : options.ContextLength;
        if (length > facts.Config.ContextLength)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"contextLength is {length}; the model's context holds {facts.Config.ContextLength} positions");
        }
        long weights = facts.WeightBytes + adapters.Sum(adapter => adapter.File.TensorBytes), cache = facts.StateBytes(length);
        json.WriteStartObject("memory");
        json.WriteNumber("contextLength", length);
        json.WriteNumber("weights", weights);
        json.WriteNumber("cache", cache);
        json.WriteNumber("total", weights + cache);
        json.WriteEndObject();
    }

    /// <summary>What the tensors are stored in, the format of most bytes first.</summary>
    private static void WriteFormats(Utf8JsonWriter json, ModelFile file)
    {
        json.WriteStartArray("formats");
        foreach (IGrouping<uint, GgufTensor> tensors in file.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(tensors => tensors.Sum(tensor => tensor.Bytes)))
        {
            json.WriteStartObject();
            json.WriteString("name", Formats.Formats.Name(tensors.Key));
            json.WriteBoolean("supported", Formats.Formats.Find(tensors.Key) != null);
            json.WriteNumber("tensors", tensors.Count());
            json.WriteNumber("parameters", tensors.Sum(tensor => tensor.Elements));
            json.WriteNumber("bytes", tensors.Sum(tensor => tensor.Bytes));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTokenizer(Utf8JsonWriter json, GgufMetadata metadata, List<RealmException> problems)
    {
        Tokenizer? tokenizer = null;
        try
        {
            tokenizer = Tokenizer.Create(metadata);
        }
        catch (RealmException problem)
        {
            problems.Add(problem);
        }
        if (metadata.Text("tokenizer.ggml.model") is not { } model)
        {
            json.WriteNull("tokenizer");
            return;
        }
        json.WriteStartObject("tokenizer");
        json.WriteString("model", model);
        json.WriteString("pre", metadata.Text("tokenizer.ggml.pre"));
        ModelDescription.WriteFact(json, "vocabSize", tokenizer?.VocabSize ?? (metadata.Contains("tokenizer.ggml.tokens") ? metadata.Count("tokenizer.ggml.tokens") : (long?)null));
        json.WriteEndObject();
    }

    /// <summary>Of a file that is an adapter itself.</summary>
    private static void WriteAdapter(Utf8JsonWriter json, ModelFile file)
    {
        if (file.Metadata.Text("general.type") != "adapter")
        {
            json.WriteNull("adapter");
            return;
        }
        json.WriteStartObject("adapter");
        json.WriteString("type", file.Metadata.Text("adapter.type"));
        double? alpha = file.Metadata.Number("adapter.lora.alpha");
        if (alpha is { } known && double.IsFinite(known))
        {
            json.WriteNumber("alpha", known);
        }
        else
        {
            json.WriteNull("alpha");
        }
        long[] ranks = [.. file.Tensors.Where(tensor => tensor.Name.EndsWith(".lora_b", StringComparison.Ordinal)).Select(tensor => tensor.Shape[0])];
        ModelDescription.WriteFact(json, "rank", ranks.Length == 0 ? null : (long?)ranks.Max());
        json.WriteNumber("changes", ranks.Length);
        json.WriteEndObject();
    }

    /// <summary>Each adapter that the options name, and whether it fits; those that do are opened for what follows.</summary>
    private static void WriteAdapters(Utf8JsonWriter json, AdapterPaths paths, ModelFile file, ModelOptions options, List<AdapterFile> fitting, List<RealmException> problems)
    {
        json.WriteStartArray("adapters");
        foreach (AdapterPath path in paths.AsSpan())
        {
            RealmException? why = null;
            ModelFile? opened = null;
            try
            {
                opened = ModelFile.OpenPath(path.Path);
                var adapter = new AdapterFile(opened, path.Path, path.Scale);
                Model.Inspect(file, options, [adapter]);
                fitting.Add(adapter);
            }
            catch (RealmException problem)
            {
                why = problem;
                opened?.Dispose();
                problems.Add(problem);
            }
            json.WriteStartObject();
            json.WriteString("path", path.Path);
            json.WriteBoolean("fits", why == null);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteProblems(Utf8JsonWriter json, List<RealmException> problems)
    {
        json.WriteStartArray("problems");
        foreach (RealmException problem in problems.DistinctBy(problem => problem.Message))
        {
            json.WriteStartObject();
            json.WriteString("code", problem.Code.Name());
            json.WriteString("message", problem.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
