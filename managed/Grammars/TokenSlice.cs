using System.Runtime.InteropServices;

namespace Realm.Grammars;

/// <summary>
/// The tokens that are whole characters of plain text within a string: no quote, no backslash, no control character. Most tokens are;
/// where a state takes any plain text of as many characters, they all are allowed and only the rest is looked at one by one.
/// </summary>
internal sealed class TokenSlice
{
    private readonly int[][] _byCharacters;

    public TokenSlice(TokenVocabulary vocabulary, int[] sorted)
    {
        Bits = new ulong[vocabulary.MaskWords];
        var others = new List<int>();
        var plain = new List<List<int>>();
        foreach (int id in sorted)
        {
            int characters = PlainText.Characters(vocabulary.BytesOf(id));
            if (characters < 0)
            {
                others.Add(id);
                continue;
            }
            while (plain.Count <= characters)
            {
                plain.Add([]);
            }
            plain[characters].Add(id);
            Bits[id >> 6] |= 1UL << (id & 63);
        }
        _byCharacters = plain.ConvertAll(static ids => ids.ToArray()).ToArray();
        Rest = TokenTrie.Of(CollectionsMarshal.AsSpan(others), vocabulary);
    }

    /// <summary>A bit for each token of the slice.</summary>
    public ulong[] Bits { get; }

    /// <summary>The most characters of a token of the slice.</summary>
    public int MostCharacters => Math.Max(_byCharacters.Length - 1, 0);

    /// <summary>The tokens of the tier that are not in the slice.</summary>
    public TokenTrie Rest { get; }

    /// <summary>The tokens of so many characters.</summary>
    public int[] TokensOf(int characters) => _byCharacters[characters];
}
