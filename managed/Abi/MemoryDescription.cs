using System.Buffers;
using System.Text.Json;
using Realm.Generation;
using Realm.Kernels;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_model_memory</c>: js/model/memory.ts' ModelMemory, in bytes.</summary>
internal static class MemoryDescription
{
    /// <summary>What the model takes now, and what a text may come to take.</summary>
    public static ReadOnlySpan<byte> Json(OpenModel open)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        LoadedModel loaded = open.Loaded;
        Model? model = open.IsVocabOnly ? null : loaded.Model;
        long available = AvailableMemory.Read();
        json.WriteStartObject();
        json.WriteNumber("file", loaded.File.TensorBytes);
        json.WriteNumber("weights", model?.PackedBytes ?? 0);
        json.WriteNumber("promptCache", loaded.Prefixes?.Bytes ?? 0);
        json.WriteNumber("token", model?.TokenBytes ?? 0);
        json.WriteNumber("context", model == null ? 0 : model.TokenBytes * open.Config.ContextLength);
        // JSON's numbers are those of JavaScript.
        json.WriteNumber("available", Math.Min(available, (1L << 53) - 1));
        json.WriteNumber("contextThatFits", model == null ? 0 : Math.Min(open.Config.ContextLength, available / Math.Max(1, model.TokenBytes)));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
