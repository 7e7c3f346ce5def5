namespace Realm.Blocks;

/// <summary>
/// Embeddings of the last tokens, two of them to as many as there are multipliers, by several hashes each: row (hash mod size) + offset of a table that
/// all share; hash = t0·m0 xor t1·m1 xor ..., the last token first. (Cheng et al., 2026)
/// </summary>
/// <param name="rows">The table; each offset plus its size is within it.</param>
/// <param name="multipliers">One for each token of the longest n-gram.</param>
/// <param name="offsets">(n-gram sizes, hashes of each)</param>
/// <param name="sizes">(n-gram sizes, hashes of each); above 0.</param>
/// <param name="end">The token that ends a text: it and what is before it don't count. It stands for tokens before the beginning.</param>
internal sealed unsafe class NgramTable(EmbeddingRows rows, ulong[] multipliers, int[] offsets, int[] sizes, uint end)
{
    /// <summary>Tokens of the longest n-gram.</summary>
    public int Longest => multipliers.Length;

    /// <summary>Numbers of all embeddings.</summary>
    public int Width => checked(offsets.Length * rows.Width);

    /// <inheritdoc cref="NgramTable"/>
    public uint End => end;

    /// <summary>Everything from the first end on becomes the end; the last token itself, which comes first, may be one.</summary>
    public void Cut(uint* window)
    {
        for (int i = 1; i + 1 < Longest; i++)
        {
            if (window[i] == end)
                window[i + 1] = end;
        }
    }

    /// <summary>The embeddings of a window of tokens that has been cut, the last token first.</summary>
    /// <exception cref="RealmException">E_TRUNCATED, E_IO: the file cannot be read any more.</exception>
    public void Read(uint* window, float* output)
    {
        int each = offsets.Length / (Longest - 1);
        ulong hash = window[0] * multipliers[0];
        for (int i = 1; i < Longest; i++)
        {
            hash ^= window[i] * multipliers[i];
            for (int place = (i - 1) * each; place < i * each; place++)
                rows.Read((int)(hash % (ulong)sizes[place]) + offsets[place], output + (long)place * rows.Width);
        }
    }
}
