using System.Buffers;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Realm.Architectures;
using Realm.Formats;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_engine_describe</c>.</summary>
internal static class EngineDescription
{
    /// <summary>Of the package this engine belongs to.</summary>
    public const string Version = "0.1.0";

    /// <summary>The instruction set this library was compiled for.</summary>
    public static string InstructionSet =>
        Avx512BW.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : X86Base.IsSupported ? "x86-64" : AdvSimd.IsSupported ? "arm64" : "portable";

    /// <summary>version, isa, formats [{id, name}], architectures [name].</summary>
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
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
