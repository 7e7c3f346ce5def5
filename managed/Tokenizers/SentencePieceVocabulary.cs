namespace Realm.Tokenizers;

/// <summary>
/// A SentencePiece BPE vocabulary as merges. The file has scores instead of merges: two neighbours merge when their texts
/// together are a token, the highest score first. So each way to cut a token in two known texts is a merge, whose rank is
/// the place of the token's score.
/// </summary>
internal sealed class SentencePieceVocabulary : CharacterVocabulary
{
    /// <summary>Tokens are tried at each cut, so their length counts twice; real ones have up to two hundred bytes.</summary>
    private const int MaxTokenBytes = 512;

    /// <summary>Builds the tables.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="scores">A score for each.</param>
    public SentencePieceVocabulary(Vocabulary vocabulary, double[] scores)
        : base(vocabulary, 0)
    {
        int[] ranks = Ranks(scores.AsSpan(0, Tokens));
        var merges = new List<(int Left, int Right, int Token)>(checked(Tokens * 3));
        CutsAtSpaces = true;
        bool markers = false;
        for (int id = 0; id < Tokens; id++)
        {
            byte[] text = vocabulary.Texts[id];
            if (text.Length > MaxTokenBytes && (vocabulary.Attributes[id] & TokenAttributes.Special) == 0)
            {
                throw new RealmException(ErrorCode.Limit, $"token {id} has {text.Length} bytes; at most {MaxTokenBytes} are supported");
            }
            if (text.Length <= MaxTokenBytes && Symbols.Find(text) == id)
            {
                int before = merges.Count;
                AddCuts(text, id, merges);
                markers |= merges.Count > before && vocabulary.IsMarker(id);
                CutsAtSpaces &= !WrittenSpaces.AreInside(text);
            }
        }
        Merges = new MergeTable(merges.Count);
        foreach ((int left, int right, int token) in merges)
        {
            Merges.Add(left, right, ranks[token], token);
        }
        PlainMerges = markers ? Merges.Without(vocabulary.IsMarker) : Merges;
    }

    /// <summary>The token for a byte; where there is none as such, the one whose text the byte is.</summary>
    public override int ByteToken(byte b) => base.ByteToken(b) is >= 0 and int hex ? hex : FindToken([b]);

    private void AddCuts(byte[] text, int id, List<(int Left, int Right, int Token)> merges)
    {
        int first = CharacterLength(text, 0);
        for (int cut = first; cut < text.Length; cut += CharacterLength(text, cut))
        {
            // A half is a token or a single character; the character may be no token.
            int left = cut == first ? Symbols.Intern(text.AsSpan(0, cut)) : Symbols.Find(text.AsSpan(0, cut));
            if (left < 0)
            {
                continue;
            }
            bool single = cut + CharacterLength(text, cut) == text.Length;
            int right = single ? Symbols.Intern(text.AsSpan(cut)) : Symbols.Find(text.AsSpan(cut));
            if (right >= 0)
            {
                merges.Add((left, right, id));
            }
        }
    }

    /// <summary>The place of each score among all different ones, the highest first.</summary>
    private static int[] Ranks(ReadOnlySpan<double> scores)
    {
        var keys = new double[scores.Length];
        var ids = new int[scores.Length];
        for (int id = 0; id < ids.Length; id++)
        {
            keys[id] = -scores[id];
            ids[id] = id;
        }
        MemoryExtensions.Sort(keys.AsSpan(), ids.AsSpan());
        var ranks = new int[ids.Length];
        for (int i = 1, rank = 0; i < ids.Length; i++)
        {
            rank += keys[i] > keys[i - 1] ? 1 : 0;
            ranks[ids[i]] = rank;
        }
        return ranks;
    }
}
