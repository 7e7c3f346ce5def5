namespace Realm.Tokenizers.Splitters;

/// <summary>
/// What a regular expression of a pre-tokenizer can ask about a code point. Every code point has exactly one bit, so that
/// a character class, negated or not, is a mask: <c>[^\s\p{L}\p{N}]</c> is <see cref="NotWord"/>.
/// White space comes before the category: U+0085 is <see cref="Space"/>, not <see cref="Other"/>.
/// </summary>
[Flags]
internal enum CharClass : ushort
{
    /// <summary>Past the end of the text: in no class, negated ones included.</summary>
    None = 0,
    /// <summary>\p{Lu}, \p{Lt}.</summary>
    Upper = 1,
    /// <summary>\p{Ll}.</summary>
    Lower = 2,
    /// <summary>\p{Lm}, \p{Lo}: letters of scripts without case.</summary>
    Uncased = 4,
    /// <summary>\p{L}.</summary>
    Letter = Upper | Lower | Uncased,
    /// <summary>\p{Nd}, \d.</summary>
    Digit = 8,
    /// <summary>\p{Nl}, \p{No}: Roman numerals, fractions, superscripts.</summary>
    OtherNumber = 512,
    /// <summary>\p{N}.</summary>
    Number = Digit | OtherNumber,
    /// <summary>\p{M}.</summary>
    Mark = 16,
    /// <summary>\p{P}.</summary>
    Punctuation = 32,
    /// <summary>\p{S}. Also every byte that is not UTF-8, which reads as U+FFFD.</summary>
    Symbol = 64,
    /// <summary>\s: Unicode White_Space.</summary>
    Space = 128,
    /// <summary>Controls, format characters, private use, unassigned.</summary>
    Other = 256,
    /// <summary>[^\s\p{L}\p{N}].</summary>
    NotWord = Mark | Punctuation | Symbol | Other,
}
