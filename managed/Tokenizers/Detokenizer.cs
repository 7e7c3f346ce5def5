namespace Realm.Tokenizers;

/// <summary>
/// Gives the bytes of tokens one after another: together they are the text that was tokenized, wherever the vocabulary can express it.
/// Whole texts and streams are made by this, so they are equal. A value of its own for each text.
/// </summary>
public struct Detokenizer
{
    private const int Begun = 1, InText = 2;

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private bool _afterSpecial;
    private bool _atBeginning;

    /// <summary>Begins a text.</summary>
    /// <param name="tokenizer">Whose tokens.</param>
    /// <param name="skipSpecial">Whether control and unknown tokens give nothing.</param>
    public Detokenizer(Tokenizer tokenizer, bool skipSpecial)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _afterSpecial = _atBeginning = true;
    }

    /// <summary>What there is to know of the tokens so far: 0 at the beginning.</summary>
    public int State
    {
        readonly get => (_atBeginning ? 0 : Begun) | (_afterSpecial ? 0 : InText);
        set
        {
            _atBeginning = (value & Begun) == 0;
            _afterSpecial = (value & InText) == 0;
        }
    }

    /// <summary>Goes on behind tokens whose text is not wanted.</summary>
    public void Continue(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            Next(id);
        }
    }

    /// <summary>
    /// What the next token adds to the text, which may begin or end inside a character. Ids beyond the vocabulary add nothing.
    /// </summary>
    public ReadOnlySpan<byte> Next(int id)
    {
        bool isFragment = _tokenizer.IsFragment(id);
        ReadOnlySpan<byte> bytes = _skipSpecial && _tokenizer.IsSpecial(id) ? [] : _tokenizer.TokenBytes(id);
        if (isFragment)
        {
            _afterSpecial = true;
            _atBeginning &= bytes.IsEmpty;
            return bytes;
        }
        bool isAdded = _tokenizer.TextPrefix switch
        {
            TextPrefix.EachText => _afterSpecial,
            TextPrefix.Beginning => _atBeginning,
            _ => false,
        };
        if (!bytes.IsEmpty)
        {
            _afterSpecial = _atBeginning = false;
        }
        return isAdded && bytes is [(byte)' ', ..] ? bytes[1..] : bytes;
    }
}
