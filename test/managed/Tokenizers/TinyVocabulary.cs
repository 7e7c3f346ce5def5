using System.Text;
using Realm.Gguf;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>
/// A byte-level vocabulary for tests: a token a byte (id = byte), then what merges make, then special tokens. Texts are given
/// plainly; they are written in GPT-2's alphabet here, by its published definition.
/// </summary>
internal sealed class TinyVocabulary
{
    private readonly List<byte[]> _texts = [];
    private readonly List<int> _types = [];
    private readonly List<byte[]> _merges = [];

    public TinyVocabulary(string pre = "gpt-2")
    {
        Pre = pre;
        for (int b = 0; b < 256; b++) Add([(byte)b]);
    }

    /// <summary>The name of the pre-tokenizer; null: none.</summary>
    public string? Pre { get; set; }

    /// <summary>Further entries, or other values for the usual ones.</summary>
    public Dictionary<string, object?> Entries { get; } = [];

    /// <summary>The next id.</summary>
    public int Count => _texts.Count;

    /// <summary>Adds a token of this text.</summary>
    public int Add(ReadOnlySpan<byte> text) => AddRaw(Encoding.UTF8.GetBytes(Alphabet(text)), 1);

    /// <summary>Adds a token whose text is stored as it is, of a type of the format (3 control, 4 user-defined ...).</summary>
    public int AddRaw(string text, int type) => AddRaw(Encoding.UTF8.GetBytes(text), type);

    /// <inheritdoc cref="AddRaw(string, int)"/>
    public int AddRaw(byte[] text, int type)
    {
        _texts.Add(text);
        _types.Add(type);
        return _texts.Count - 1;
    }

    /// <summary>Adds a merge, and the token that it makes; returns its id.</summary>
    public int Merge(string left, string right)
    {
        MergeOnly(left, right);
        return Add(Encoding.UTF8.GetBytes(left + right));
    }

    /// <summary>Adds a merge without a token for its result.</summary>
    public void MergeOnly(string left, string right) =>
        MergeRaw(Alphabet(Encoding.UTF8.GetBytes(left)) + " " + Alphabet(Encoding.UTF8.GetBytes(right)));

    /// <summary>Adds a merge as it stands in the file.</summary>
    public void MergeRaw(string merge) => _merges.Add(Encoding.UTF8.GetBytes(merge));

    public GgufMetadata Metadata()
    {
        var entries = new Dictionary<string, object?>
        {
            ["general.architecture"] = "llama",
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.pre"] = Pre,
            ["tokenizer.ggml.tokens"] = _texts.ToArray(),
            ["tokenizer.ggml.token_type"] = _types.ToArray(),
            ["tokenizer.ggml.merges"] = _merges.ToArray(),
        };
        foreach ((string key, object? value) in Entries) entries[key] = value;
        var writer = new GgufWriter();
        foreach ((string key, object? value) in entries)
            if (value is not null) writer.Add(key, value);
        return writer.ReadMetadata();
    }

    public Tokenizer Create() => Tokenizer.Create(Metadata())!;

    /// <summary>Making the tokenizer fails with this code, and the message contains each of these texts.</summary>
    public void Fails(ErrorCode code, params string[] parts)
    {
        var e = Assert.Throws<RealmException>(Create);
        Assert.True(code == e.Code, $"expected {code}, got {e.Code}: {e.Message}");
        foreach (string part in parts) Assert.Contains(part, e.Message);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    /// <summary>Bytes in GPT-2's alphabet.</summary>
    public static string Alphabet(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte b in bytes)
        {
            // 0-32, 127-160 and 173 are not printable: U+0100 and on, in this order.
            char c = b switch
            {
                <= 32 => (char)(256 + b),
                >= 127 and <= 160 => (char)(256 + 33 + b - 127),
                173 => (char)(256 + 67),
                _ => (char)b,
            };
            text.Append(c);
        }
        return text.ToString();
    }
}

/// <summary>Short forms.</summary>
internal static class TokenizerExtensions
{
    public static int[] Encode(this Tokenizer tokenizer, string text, bool addSpecial = false, bool parseSpecial = false) =>
        tokenizer.Encode(Encoding.UTF8.GetBytes(text), addSpecial, parseSpecial);

    public static string Text(this Tokenizer tokenizer, ReadOnlySpan<int> ids, bool skipSpecial = false, bool cleanSpaces = false) =>
        Encoding.UTF8.GetString(tokenizer.Decode(ids, skipSpecial, cleanSpaces));
}
