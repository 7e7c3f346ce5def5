namespace Realm.Tokenizers;

/// <summary>
/// What a token is. The lower six are the types of <c>tokenizer.ggml.token_type</c>; a token has one of them, and
/// <see cref="Control"/> as well when its text says so (<see cref="KnownTokens"/>). None: "undefined", renders to nothing.
/// </summary>
[Flags]
internal enum TokenAttributes : byte
{
    Undefined = 0,
    Normal = 1,
    Unknown = 2,
    Control = 4,
    UserDefined = 8,
    Unused = 16,
    Byte = 32,
    /// <summary>White space before it in the text belongs to it.</summary>
    LeftStrip = 64,
    /// <summary>White space after it in the text belongs to it.</summary>
    RightStrip = 128,

    /// <summary>Not text of the model: hidden when special tokens are skipped, never recognised in plain text.</summary>
    Hidden = Unknown | Control,
    /// <summary>Recognised as a whole, before the text is cut into words.</summary>
    Special = Hidden | UserDefined,
}
