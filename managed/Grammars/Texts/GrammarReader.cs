using System.Globalization;
using System.Text;

namespace Realm.Grammars.Texts;

/// <summary>Reads a text of a grammar from front to back; tells where a mistake is.</summary>
internal sealed class GrammarReader
{
    private readonly string _text;
    private readonly string _what;
    private int _depth;

    /// <param name="text">The text.</param>
    /// <param name="what">What it is, for messages: "GBNF".</param>
    public GrammarReader(string text, string what)
    {
        _text = text;
        _what = what;
    }

    public int Position { get; set; }

    public bool AtEnd => Position >= _text.Length;

    /// <summary>The character here, or 0 at the end.</summary>
    public char Peek => Position < _text.Length ? _text[Position] : '\0';

    public char PeekAt(int offset) => Position + offset < _text.Length ? _text[Position + offset] : '\0';

    public bool Looks(string text) => string.CompareOrdinal(_text, Position, text, 0, text.Length) == 0;

    /// <summary>Goes past a text if it stands here.</summary>
    public bool Take(string text)
    {
        if (!Looks(text))
        {
            return false;
        }
        Position += text.Length;
        return true;
    }

    public bool Take(char character)
    {
        if (AtEnd || Peek != character)
        {
            return false;
        }
        Position++;
        return true;
    }

    public void Expect(string text)
    {
        if (!Take(text))
        {
            throw Error($"expected '{text}'");
        }
    }

    /// <summary>The code point here, past which it goes.</summary>
    public int TakePoint()
    {
        if (AtEnd)
        {
            throw Error("unexpected end");
        }
        if (!Rune.TryGetRuneAt(_text, Position, out Rune rune))
        {
            throw Error("half of a surrogate pair");
        }
        Position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    public string TakeWhile(Func<char, bool> belongs)
    {
        int start = Position;
        while (!AtEnd && belongs(Peek))
        {
            Position++;
        }
        return _text[start..Position];
    }

    /// <summary>A number without sign.</summary>
    public int TakeNumber(string what)
    {
        string digits = TakeWhile(char.IsAsciiDigit);
        if (digits.Length == 0)
        {
            throw Error($"expected {what}, a number");
        }
        // Of no more than nine digits, so that it fits.
        int value = digits.TrimStart('0').Length > 9 ? int.MaxValue : int.Parse(digits, CultureInfo.InvariantCulture);
        return value <= GrammarLimits.Repetitions ? value
            : throw new RealmException(ErrorCode.Limit,
                $"{_what}: {what} {Short(digits)} is more than {GrammarLimits.Repetitions} ({Where()})");
    }

    /// <summary>So many hexadecimal digits as a number.</summary>
    public int TakeHex(int digits)
    {
        int value = 0;
        for (int i = 0; i < digits; i++)
        {
            if (!char.IsAsciiHexDigit(Peek) || value > CodePoints.Last)
            {
                throw Error($"expected {digits} hexadecimal digits of a code point");
            }
            value = value * 16 + Convert.ToInt32(Peek.ToString(), 16);
            Position++;
        }
        return CheckPoint(value);
    }

    public int CheckPoint(int value)
    {
        return Rune.IsValid(value) ? value : throw Error($"U+{value:X4} is no character");
    }

    /// <summary>One level of nesting deeper, until <see cref="Leave"/>.</summary>
    public void Enter()
    {
        if (++_depth > GrammarLimits.Depth)
        {
            throw new RealmException(ErrorCode.Limit, $"{_what}: nested deeper than {GrammarLimits.Depth} ({Where()})");
        }
    }

    public void Leave() => _depth--;

    public RealmException Error(string message) => new(ErrorCode.InvalidArgument, $"{_what}: {message} ({Where()})");

    private string Where()
    {
        int line = 1, column = 1;
        for (int i = 0; i < Math.Min(Position, _text.Length); i++)
        {
            column++;
            if (_text[i] == '\n')
            {
                line++;
                column = 1;
            }
        }
        string near = AtEnd ? "the end" : $"'{Short(_text[Position..Math.Min(_text.Length, Position + 24)].Split('\n')[0])}'";
        return $"line {line}, column {column}, at {near}";
    }

    private static string Short(string text) => text.Length > 24 ? text[..24] + "…" : text;
}
