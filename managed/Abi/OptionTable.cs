using System.Text;
using System.Text.Json;
using Realm.Gguf;

namespace Realm.Abi;

/// <summary>Takes the value of an option, which the reader stands at, and leaves the reader at its last token.</summary>
internal delegate void OptionSetter<in T>(ref Utf8JsonReader value, string name, T target);

/// <summary>The options of a call, which come as one JSON object: one row an option. Read without reflection.</summary>
/// <param name="call">What messages call the call.</param>
/// <param name="rows">Names as the package has them, and what is done with their values.</param>
internal sealed class OptionTable<T>(string call, params (string Name, OptionSetter<T> Set)[] rows)
{
    /// <summary>Schemas and other values may hold lists of lists, but nobody nests so deep.</summary>
    private const int MaxDepth = 64;

    /// <summary>Reads all options; no bytes: none is given.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: not JSON, a name that no row has, a value that does
    /// not fit.</exception>
    public void Read(ReadOnlySpan<byte> json, T target)
    {
        if (json.IsEmpty)
        {
            return;
        }
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        string option = $"a name in the options of {call}";
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"the options of {call} must be a JSON object");
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                (string name, OptionSetter<T> set) = Find(ref reader);
                option = name;
                reader.Read();
                set(ref reader, name, target);
            }
            // What follows the object is no JSON either.
            reader.Read();
        }
        catch (InvalidOperationException e) when (OptionValue.IsHalfPair(e))
        {
            throw OptionValue.HalfPair(option);
        }
        catch (JsonException e)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the options of {call} are not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private (string Name, OptionSetter<T> Set) Find(ref Utf8JsonReader reader)
    {
        foreach ((string Name, OptionSetter<T> Set) row in rows)
        {
            if (reader.ValueTextEquals(row.Name))
            {
                return row;
            }
        }
        string given = Encoding.UTF8.GetString(reader.ValueSpan);
        // Other interfaces part words by underscores.
        string nearest = Nearest.To(given.Replace("_", "", StringComparison.Ordinal), rows.Select(row => row.Name));
        throw new RealmException(ErrorCode.InvalidArgument,
            $"{call} has no option '{given}'; did you mean '{nearest}'?");
    }
}
