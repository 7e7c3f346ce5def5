namespace Realm.Tokenizers;

/// <summary>How the texts of ordinary tokens stand in the file.</summary>
internal enum TokenTexts
{
    /// <summary>As they are.</summary>
    Plain,

    /// <summary>Bytes in GPT-2's alphabet (<see cref="ByteAlphabet"/>).</summary>
    Bytes,

    /// <summary>With U+2581 for spaces (<see cref="WrittenSpaces"/>).</summary>
    Spaced,

    /// <summary>With escapes (<see cref="EscapedText"/>), special tokens and unused ones too.</summary>
    Escaped,

    /// <summary>As they are, special tokens and unused ones too.</summary>
    Raw,
}
