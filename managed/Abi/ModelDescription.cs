using System.Buffers;
using System.Text;
using System.Text.Json;
using Realm.Architectures;
using Realm.Generation;
using Realm.Gguf;
using Realm.Runtime;
using Realm.State;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_model_describe</c>: the facts of js/model/model.ts' ModelInfo. What a file does not say is null.</summary>
internal static class ModelDescription
{
    /// <summary>Names of <see cref="Blocks.Pooling"/>, in its order.</summary>
    internal static ReadOnlySpan<string> PoolingNames => new[] { "none", "mean", "cls", "last", "rank" };

    /// <summary>Facts about the network, the file, the tokenizer, and how the model was opened.</summary>
    public static ReadOnlySpan<byte> Json(OpenModel open)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        WriteNetwork(json, open);
        WriteFile(json, open.Loaded.File);
        WriteTokenizer(json, open.Loaded.Tokenizer, open.Loaded.File.Metadata);
        json.WriteString("isa", EngineDescription.InstructionSet);
        json.WriteNumber("threads", open.IsVocabOnly ? 0 : open.Loaded.Model.Options.Threads);
        json.WriteString("weights", open.Loaded.Options.Packed ? "packed" : "mapped");
        json.WriteString("cacheType", ModelOptionTable.CacheTypes[(int)open.Loaded.Options.Cache]);
        json.WriteBoolean("vocabOnly", open.IsVocabOnly);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteNetwork(Utf8JsonWriter json, OpenModel open)
    {
        GgufMetadata metadata = open.Loaded.File.Metadata;
        string? architecture = metadata.Text("general.architecture");
        json.WriteString("architecture", architecture);
        json.WriteString("name", metadata.Text("general.name"));
        WriteFact(json, "ropeTheta", Measure(metadata, $"{architecture}.rope.freq_base"));
        WriteFact(json, "normEpsilon", Measure(metadata, $"{architecture}.attention.layer_norm_rms_epsilon"));
        if (!open.IsVocabOnly)
        {
            ModelConfig config = open.Config;
            json.WriteNumber("layers", config.Layers);
            json.WriteNumber("hiddenSize", config.HiddenSize);
            json.WriteNumber("rowSize", config.RowSize);
            json.WriteNumber("headCount", config.HeadCount);
            json.WriteNumber("kvHeadCount", config.KvHeadCount);
            json.WriteNumber("headSize", config.HeadSize);
            json.WriteNumber("feedForwardSize", config.FeedForwardSize);
            json.WriteNumber("vocabSize", config.VocabSize);
            json.WriteNumber("contextLength", config.ContextLength);
            json.WriteNumber("trainedContextLength", open.Loaded.Model.Config.ContextLength);
            WriteVectors(json, open.Loaded.Model);
            return;
        }
        // Without weights the file's word is all there is, and files with a tokenizer only may have none.
        long? heads = Fact(metadata, $"{architecture}.attention.head_count");
        long? hidden = Fact(metadata, $"{architecture}.embedding_length");
        WriteFact(json, "layers", Fact(metadata, $"{architecture}.block_count"));
        WriteFact(json, "hiddenSize", hidden);
        WriteFact(json, "rowSize", hidden);
        WriteFact(json, "headCount", heads);
        WriteFact(json, "kvHeadCount", Fact(metadata, $"{architecture}.attention.head_count_kv") ?? heads);
        WriteFact(json, "headSize", Fact(metadata, $"{architecture}.attention.key_length") ?? (heads > 0 ? hidden / heads : null));
        WriteFact(json, "feedForwardSize", Fact(metadata, $"{architecture}.feed_forward_length"));
        WriteFact(json, "vocabSize", open.Loaded.Tokenizer?.VocabSize ?? Fact(metadata, $"{architecture}.vocab_size"));
        WriteFact(json, "contextLength", Fact(metadata, $"{architecture}.context_length"));
        WriteFact(json, "trainedContextLength", Fact(metadata, $"{architecture}.context_length"));
        json.WriteNull("generates");
        json.WriteNull("pooling");
        json.WriteNull("vectorSize");
        json.WriteNull("embeddingSize");
        json.WriteNull("rankSize");
    }

    /// <summary>What texts become: token by token, pooled, scored.</summary>
    private static void WriteVectors(Utf8JsonWriter json, Model model)
    {
        json.WriteBoolean("generates", model.Config.HasHead && !model.ReadsWholeTexts);
        json.WriteString("pooling", PoolingNames[(int)model.Pooling]);
        json.WriteNumber("vectorSize", model.VectorSize);
        json.WriteNumber("embeddingSize", model.SummarySize(ranks: false));
        json.WriteNumber("rankSize", model.CanRank ? model.SummarySize(ranks: true) : 0);
    }

    internal static void WriteFile(Utf8JsonWriter json, ModelFile file)
    {
        long? fileType = Fact(file.Metadata, "general.file_type");
        json.WriteNumber("parameters", file.Tensors.Sum(tensor => tensor.Elements));
        json.WriteNumber("bytes", file.TensorBytes);
        WriteFact(json, "fileType", fileType);
        json.WriteString("quantization", fileType is { } known ? FileTypes.Name(known) : null);
        json.WriteNumber("tensorCount", file.Tensors.Count);
        WriteTemplates(json, file.Metadata);
    }

    /// <summary>The file's chat template, and those that have a name: <c>tokenizer.chat_template.NAME</c>.</summary>
    private static void WriteTemplates(Utf8JsonWriter json, GgufMetadata metadata)
    {
        const string Template = "tokenizer.chat_template";
        json.WriteString("chatTemplate", metadata.Text(Template));
        json.WriteStartObject("chatTemplates");
        foreach (string key in metadata.Keys)
        {
            if (key.StartsWith(Template + ".", StringComparison.Ordinal) && metadata.TypeOf(key) == GgufValueType.String)
            {
                json.WriteString(key[(Template.Length + 1)..], metadata.Text(key));
            }
        }
        json.WriteEndObject();
    }

    private static void WriteTokenizer(Utf8JsonWriter json, Tokenizer? tokenizer, GgufMetadata metadata)
    {
        if (tokenizer == null)
        {
            json.WriteNull("tokenizer");
            json.WriteNull("bosToken");
            json.WriteNull("eosToken");
            return;
        }
        json.WriteStartObject("tokenizer");
        json.WriteString("model", metadata.Text("tokenizer.ggml.model"));
        json.WriteString("pre", metadata.Text("tokenizer.ggml.pre"));
        json.WriteNumber("vocabSize", tokenizer.VocabSize);
        WriteFact(json, "bosId", tokenizer.BosId);
        WriteFact(json, "eosId", tokenizer.EosId);
        // Between the two texts of a pair, behind the end token of the first.
        WriteFact(json, "pairSeparatorId", metadata.Flag("tokenizer.ggml.add_sep_token") == true ? metadata.Integer("tokenizer.ggml.seperator_token_id") : null);
        json.WriteStartArray("endIds");
        foreach (int id in tokenizer.EndTokens)
        {
            json.WriteNumberValue(id);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("bosToken", TokenText(tokenizer, tokenizer.BosId));
        json.WriteString("eosToken", TokenText(tokenizer, tokenizer.EosId));
    }

    /// <summary>A token's text as chat templates want it; bytes that are no text are replaced.</summary>
    private static string? TokenText(Tokenizer tokenizer, int? id) => id is { } known ? Encoding.UTF8.GetString(tokenizer.TokenBytes(known)) : null;

    /// <summary>A number; where there is one for each layer, the first.</summary>
    internal static long? Fact(GgufMetadata metadata, string key) => metadata.IsArray(key)
        ? metadata.Integers(key, 1) is [long first, ..] ? first : null
        : metadata.Integer(key);

    private static double? Measure(GgufMetadata metadata, string key) => metadata.IsArray(key) ? null : metadata.Number(key);

    /// <summary>What JSON has no word for (infinity) is not known either.</summary>
    private static void WriteFact(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known && double.IsFinite(known))
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    internal static void WriteFact(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
