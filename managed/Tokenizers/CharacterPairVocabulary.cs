using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>BPE on characters: merges as the file lists them (Gemma 4).</summary>
internal sealed class CharacterPairVocabulary : CharacterVocabulary
{
    /// <summary>Builds the tables.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">Each two texts with a space between them, the first of all merging first.</param>
    /// <exception cref="RealmException">E_VOCAB: a merge is not that.</exception>
    public CharacterPairVocabulary(Vocabulary vocabulary, byte[][] merges)
        : base(vocabulary, 256)
    {
        Merges = new MergeTable(merges.Length);
        CutsAtSpaces = true;
        bool markers = false;
        int longest = merges.Length == 0 ? 0 : merges.Max(merge => merge.Length);
        var merged = new byte[longest];
        for (int rank = 0; rank < merges.Length; rank++)
        {
            ReadOnlySpan<byte> merge = merges[rank];
            int space = BytePairVocabulary.MiddleOf(merge, rank);
            merge[..space].CopyTo(merged);
            merge[(space + 1)..].CopyTo(merged.AsSpan(space));
            ReadOnlySpan<byte> whole = merged.AsSpan(0, merge.Length - 1);
            int symbol = Symbols.Intern(whole);
            Merges.Add(Symbols.Intern(merge[..space]), Symbols.Intern(merge[(space + 1)..]), rank, symbol);
            markers |= symbol < Tokens && vocabulary.IsMarker(symbol);
            CutsAtSpaces &= !WrittenSpaces.AreInside(whole);
        }
        PlainMerges = markers ? Merges.Without(symbol => symbol < Tokens && vocabulary.IsMarker(symbol)) : Merges;
    }
}
