using System.Text.Json;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>Adapters as the package gives them: <c>[{"path": "...", "scale": 1}, ...]</c>. Read without reflection.</summary>
internal static class AdapterOptions
{
    private const int Most = 64;

    /// <summary>The list that the reader stands at the beginning of; leaves it at the list's end.</summary>
    public static AdapterPaths Read(ref Utf8JsonReader reader)
    {
        // What is no list has no end of one behind it.
        List<AdapterPath> paths = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (paths.Count == Most)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"lora: at most {Most} adapters are possible");
            }
            paths.Add(ReadOne(ref reader));
        }
        return reader.TokenType == JsonTokenType.EndArray ? new AdapterPaths([.. paths]) : throw Wrong();
    }

    private static AdapterPath ReadOne(ref Utf8JsonReader reader)
    {
        string? path = null;
        float scale = 1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isPath = reader.ValueTextEquals("path"), isScale = reader.ValueTextEquals("scale");
            reader.Read();
            if (isPath && reader.TokenType == JsonTokenType.String)
            {
                path = reader.GetString();
            }
            else if (isScale && reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out scale) && float.IsFinite(scale))
            {
                continue;
            }
            else
            {
                throw Wrong();
            }
        }
        return path == null ? throw Wrong() : new AdapterPath(path, scale);
    }

    private static RealmException Wrong() =>
        new(ErrorCode.InvalidArgument, "lora must be a list of adapters, each with a path and perhaps a scale, a finite number");
}
