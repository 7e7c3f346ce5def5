using Realm.Tokenizers;

namespace Realm.Grammars;

/// <summary>
/// What grammars know of a vocabulary: the bytes of each token, which tokens are not text (control, unknown: they are taken by their
/// ids only), and which end a generation. Made once a model, and used by all its grammars.
/// </summary>
internal sealed class TokenVocabulary
{
    /// <summary>
    /// Tokens up to this many bytes are one tier, longer ones the other: few tokens are long, and they see further (<see cref="Horizon"/>).
    /// </summary>
    public const int ShortBytes = Horizon.Nearest;

    /// <summary>The bytes of all tokens one behind the other, and where each begins: an array each would be looked at by every collection.</summary>
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly bool[] _isText;
    private readonly bool[] _isMarker;
    private readonly Dictionary<string, int> _byText = [];
    private TokenTier[]? _tiers;
    private TokenTrie? _all;
    private TokenTrie? _markers;
    private TokenVocabulary? _withoutMarkers;

    /// <param name="bytes">(tokens): the bytes that each stands for; for others than text, their written form.</param>
    /// <param name="isText">(tokens): whether a token is text.</param>
    /// <param name="endIds">Tokens that end a generation.</param>
    /// <param name="isMarker">(tokens): whether a token marks something, which text may do too; default: those that are not text do.</param>
    public TokenVocabulary(byte[][] bytes, bool[] isText, int[] endIds, bool[]? isMarker = null)
    {
        _isText = isText;
        _isMarker = isMarker ?? Array.ConvertAll(isText, text => !text);
        EndIds = endIds;
        _starts = new int[bytes.Length + 1];
        for (int id = 0; id < bytes.Length; id++)
        {
            _starts[id + 1] = checked(_starts[id] + bytes[id].Length);
        }
        _bytes = new byte[_starts[^1]];
        for (int id = 0; id < bytes.Length; id++)
        {
            bytes[id].CopyTo(_bytes, _starts[id]);
            if (bytes[id].Length == 0 || Array.IndexOf(endIds, id) >= 0)
            {
                isText[id] = false;
            }
            if (bytes[id] is [(byte)'<', .., (byte)'>'])
            {
                _byText.TryAdd(System.Text.Encoding.UTF8.GetString(bytes[id]), id);
            }
        }
    }

    private TokenVocabulary(TokenVocabulary other, bool[] isText)
    {
        (_bytes, _starts, _isMarker, _byText, EndIds) = (other._bytes, other._starts, other._isMarker, other._byText, other.EndIds);
        _isText = isText;
    }

    /// <summary>The vocabulary of a tokenizer.</summary>
    public static TokenVocabulary Of(Tokenizer tokenizer)
    {
        var bytes = new byte[tokenizer.VocabSize][];
        var isText = new bool[bytes.Length];
        var isMarker = new bool[bytes.Length];
        var ends = new List<int>();
        for (int id = 0; id < bytes.Length; id++)
        {
            bytes[id] = tokenizer.TokenBytes(id).ToArray();
            isText[id] = !tokenizer.IsSpecial(id) && !tokenizer.IsUnused(id);
            isMarker[id] = tokenizer.IsMarker(id) && !tokenizer.IsUnused(id);
            if (tokenizer.IsEndOfGeneration(id))
            {
                ends.Add(id);
            }
        }
        foreach (int id in tokenizer.SuppressedIds)
        {
            isText[id] = isMarker[id] = false;
        }
        return new TokenVocabulary(bytes, isText, [.. ends], isMarker);
    }

    public int Count => _isText.Length;

    public int[] EndIds { get; }

    /// <summary>Words of a mask.</summary>
    public int MaskWords => (Count + 63) / 64;

    public ReadOnlySpan<byte> BytesOf(int token) => _bytes.AsSpan(_starts[token].._starts[token + 1]);

    public bool IsText(int token) => (uint)token < (uint)Count && _isText[token];

    /// <summary>The token that is written so, from an angle bracket to the other; -1 when there is none.</summary>
    public int Find(string text) => _byText.GetValueOrDefault(text, -1);

    /// <summary>The tokens that mark something: where a literal is written so, it is one of them.</summary>
    public TokenTrie Markers
    {
        get
        {
            lock (_bytes)
            {
                return _markers ??= TokenTrie.Of(Sorted(_isMarker), this);
            }
        }
    }

    /// <summary>Whether no token that marks something is text.</summary>
    public bool IsWithoutMarkers => ReferenceEquals(WithoutMarkers, this);

    /// <summary>The same tokens, of which those that mark something are no text: they are taken by their ids only.</summary>
    public TokenVocabulary WithoutMarkers
    {
        get
        {
            lock (_bytes)
            {
                return _withoutMarkers ??= MakeWithoutMarkers();
            }
        }
    }

    /// <summary>All tokens of text.</summary>
    public TokenTrie All
    {
        get
        {
            lock (_bytes)
            {
                return _all ??= TokenTrie.Of(Sorted(_isText), this);
            }
        }
    }

    /// <summary>The tokens of text by length, the short ones first.</summary>
    public TokenTier[] Tiers
    {
        get
        {
            lock (_bytes)
            {
                return _tiers ??= MakeTiers();
            }
        }
    }

    private TokenTier[] MakeTiers()
    {
        int[] sorted = Sorted(_isText);
        int[] shorter = Array.FindAll(sorted, id => BytesOf(id).Length <= ShortBytes);
        int[] longer = Array.FindAll(sorted, id => BytesOf(id).Length > ShortBytes);
        return longer.Length == 0 ? [new TokenTier(this, shorter)] : [new TokenTier(this, shorter), new TokenTier(this, longer)];
    }

    private TokenVocabulary MakeWithoutMarkers()
    {
        var isText = new bool[Count];
        bool differs = false;
        for (int id = 0; id < Count; id++)
        {
            isText[id] = _isText[id] && !_isMarker[id];
            differs |= isText[id] != _isText[id];
        }
        return differs ? new TokenVocabulary(this, isText) : this;
    }

    private int[] Sorted(bool[] which)
    {
        var ids = new List<int>();
        for (int id = 0; id < Count; id++)
        {
            if (which[id] && !BytesOf(id).IsEmpty)
            {
                ids.Add(id);
            }
        }
        int[] sorted = [.. ids];
        Array.Sort(sorted, (x, y) =>
        {
            int order = BytesOf(x).SequenceCompareTo(BytesOf(y));
            return order != 0 ? order : x.CompareTo(y);
        });
        return sorted;
    }
}
