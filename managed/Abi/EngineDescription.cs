using System.Buffers;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Realm.Architectures;
using Realm.Formats;
using Realm.State;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_engine_describe</c>.</summary>
internal static class EngineDescription
{
    /// <summary>Of the package this engine belongs to.</summary>
    public const string Version = "0.1.0";

    /// <summary>The instruction set this library was compiled for.</summary>
    public static string InstructionSet =>
        Avx512BW.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : X86Base.IsSupported ? "x86-64" : AdvSimd.IsSupported ? "arm64" : "portable";

    /// <summary>version, isa, formats [{id, name}], architectures [name], tokenizers [{name, description}], preTokenizers [name], live {models,
    /// sessions, jobs, pages, bytes}.</summary>
    public static ReadOnlySpan<byte> Json()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("version", Version);
        json.WriteString("isa", InstructionSet);
        json.WriteStartArray("formats");
        foreach (WeightFormat format in Formats.Formats.All)
        {
            json.WriteStartObject();
            json.WriteNumber("id", format.Id);
            json.WriteString("name", format.Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("architectures");
        foreach (Architecture architecture in Architectures.Architectures.All)
        {
            json.WriteStringValue(architecture.Name);
        }
        json.WriteEndArray();
        json.WriteStartArray("tokenizers");
        foreach ((string name, string description) in TokenizerModels.All)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("description", description);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("preTokenizers");
        foreach (string name in PreTokenizers.Names)
        {
            json.WriteStringValue(name);
        }
        json.WriteEndArray();
        json.WriteStartObject("live");
        json.WriteNumber("models", Engine.Models.Count);
        json.WriteNumber("sessions", Engine.Sessions.Count);
        json.WriteNumber("jobs", Engine.Jobs.Count);
        json.WriteNumber("pages", StateMemory.Pages);
        json.WriteNumber("bytes", StateMemory.Bytes);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
