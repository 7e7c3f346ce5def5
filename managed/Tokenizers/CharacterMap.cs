using System.Buffers.Binary;
using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>
/// SentencePiece's precompiled normalization (<c>tokenizer.ggml.precompiled_charsmap</c>): sequences of bytes and what replaces
/// them. The sequences are a double array trie (Darts), each unit 32 bits: whether a sequence ends here (bit 8), the label (bits 0
/// to 7, bit 31 set where the unit is a value), and the offset to the children (bits 10 to 30, shifted by 8 if bit 9 is set).
/// The replacements are texts that end with a zero byte, a value is where one begins.
/// </summary>
internal sealed class CharacterMap
{
    private const string Key = "tokenizer.ggml.precompiled_charsmap";

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private CharacterMap(uint[] units, byte[] texts)
    {
        _units = units;
        _texts = texts;
    }

    /// <summary>The map of a file; null when it has none.</summary>
    /// <exception cref="RealmException">E_VOCAB: damaged.</exception>
    public static CharacterMap? Read(GgufMetadata metadata)
    {
        if (metadata.Bytes(Key) is not { } bytes)
        {
            return null;
        }
        uint trie = bytes.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (trie + (long)sizeof(uint) >= bytes.Length)
        {
            throw new RealmException(ErrorCode.Vocab,
                $"{Key} has {bytes.Length} bytes, too few for the trie of {trie} bytes that it begins with");
        }
        var units = new uint[trie / sizeof(uint)];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(sizeof(uint) * (i + 1)));
        }
        return new CharacterMap(units, bytes[(sizeof(uint) + (int)trie)..]);
    }

    /// <summary>The longest sequence of the map that a text begins with.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">How many bytes of it; 0: there is none.</param>
    /// <returns>What replaces them.</returns>
    /// <exception cref="RealmException">E_VOCAB: the map points outside of itself.</exception>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        if (_units.Length == 0)
        {
            return [];
        }
        uint value = 0;
        uint at = Offset(Unit(0));
        for (int i = 0; i < text.Length && text[i] != 0; i++)
        {
            at ^= text[i];
            uint unit = Unit(at);
            if ((unit & (1U << 31 | 0xFF)) != text[i])
            {
                break;
            }
            at ^= Offset(unit);
            if ((unit >> 8 & 1) != 0)
            {
                length = i + 1;
                value = Unit(at) & int.MaxValue;
            }
        }
        if (length == 0)
        {
            return [];
        }
        int end = value < _texts.Length ? _texts.AsSpan((int)value).IndexOf((byte)0) : -1;
        return end >= 0 ? _texts.AsSpan((int)value, end) : throw Damaged();
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1U << 9)) >> 6);

    private uint Unit(uint index) => index < _units.Length ? _units[index] : throw Damaged();

    private static RealmException Damaged() => new(ErrorCode.Vocab, $"{Key} is damaged: it points outside of itself");
}
