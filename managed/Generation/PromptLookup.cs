using System.Numerics;

namespace Realm.Generation;

/// <summary>
/// Guesses how a text goes on from what stands in it already: looks for the last place where its last three tokens (else two) came
/// before, and follows the text from there as long as it stays right (Saxena, "Prompt Lookup Decoding", 2023). Because it goes on
/// guessing when nobody asks, it knows at any time how good its guesses are, at the price of two look-ups a token. Allocates nothing
/// after its start; remembers the last <see cref="LargestWindow"/> tokens at most.
/// </summary>
internal sealed class PromptLookup
{
    /// <summary>Tokens that are remembered at most: 64 KiB, and twice that for the index.</summary>
    private const int LargestWindow = 1 << 14;

    private const int SmallestWindow = 1 << 6;

    private readonly int[] _tokens;     // the last tokens, in a ring
    private readonly int[] _pairs;      // hash of two tokens in a row -> how many tokens stood when they had come last
    private readonly int[] _triples;
    private readonly int _mask;
    private readonly int _shift;

    // How often a guess was right, by how many tokens before it were as they had been. To start with, about what code, dialogues and
    // lists give.
    private readonly double[] _rates = [0, 0, 0.2, 0.35, 0.5, 0.6, 0.75, 0.85, 0.9];
    private int _count;
    private int _match;     // what stood here may come now
    private int _length;    // tokens before it that are as they were before _match; 0: no guess

    /// <summary>A look-up for a text of at most so many tokens.</summary>
    public PromptLookup(long most)
    {
        int window = (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(most, SmallestWindow, LargestWindow));
        _tokens = new int[window];
        _pairs = new int[window];
        _triples = new int[window];
        _mask = window - 1;
        _shift = 32 - BitOperations.Log2((uint)window);
    }

    /// <summary>Whether it has a guess.</summary>
    public bool HasGuess => _length > 0;

    /// <summary>A token of the prompt: says nothing about how well what is generated can be guessed.</summary>
    public void Start(int token) => Append(token, HasGuess && Next == token);

    /// <summary>A token that was chosen: judges the guess.</summary>
    public void Add(int token)
    {
        bool right = false;
        if (HasGuess)
        {
            right = Next == token;
            ref double rate = ref _rates[Class(_length)];
            // A mean of about the last 16.
            rate += ((right ? 1 : 0) - rate) / 16;
        }
        Append(token, right);
    }

    /// <summary>Writes the tokens that it takes to come next.</summary>
    public void Guess(Span<int> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            // Past the end of the text stands the guess itself: what repeats goes on repeating.
            int place = _match + i;
            tokens[i] = place < _count ? _tokens[place & _mask] : tokens[place - _count];
        }
    }

    /// <summary>How probably the guess's token at this index is right, if those before it are.</summary>
    public double Confidence(int index) => _rates[Class(_length + index)];

    private int Next => _tokens[_match & _mask];

    /// <summary>2, 3, 4, 5 to 7, 8 to 15, 16 to 31, 32 and more tokens.</summary>
    private static int Class(int length) => length < 5 ? length : Math.Min(8, 3 + BitOperations.Log2((uint)length));

    private void Append(int token, bool right)
    {
        _tokens[_count & _mask] = token;
        _count++;
        if (right)
        {
            _match++;
            _length++;
        }
        else
        {
            _length = 0;
        }
        if (_count >= 2)
        {
            Index();
        }
    }

    /// <summary>Notes where the text stands, and looks where it stood before if there is nothing to follow.</summary>
    private void Index()
    {
        int a = Back(3), b = Back(2), c = Back(1);
        ref int pair = ref _pairs[Hash(0, b, c)];
        if (_count >= 3)
        {
            ref int triple = ref _triples[Hash(a, b, c)];
            if (_length == 0 && Stands(triple, 3))
            {
                _match = triple;
                _length = 3;
            }
            triple = _count;
        }
        if (_length == 0 && Stands(pair, 2))
        {
            _match = pair;
            _length = 2;
        }
        pair = _count;
    }

    /// <summary>Whether the `length` tokens before the place are still remembered, and are the last ones.</summary>
    private bool Stands(int place, int length)
    {
        if (place == 0 || place - length < _count - _tokens.Length)
        {
            return false;
        }
        for (int i = 1; i <= length; i++)
        {
            if (_tokens[(place - i) & _mask] != Back(i))
            {
                return false;
            }
        }
        return true;
    }

    private int Back(int distance) => _tokens[(_count - distance) & _mask];

    private int Hash(int a, int b, int c) => (int)(((((((uint)a * 0x9E3779B1) ^ (uint)b) * 0x85EBCA77) ^ (uint)c) * 0xC2B2AE3D) >> _shift);
}
