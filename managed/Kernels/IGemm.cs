namespace Realm.Kernels;

/// <summary>
/// A packed layout of weights and its matrix product: 16 rows lie interleaved, a 32-bit lane a row, so that one vector load
/// serves 16 outputs and no sum goes across lanes. Formats choose one of these; the number of bytes is the file's.
/// </summary>
internal unsafe interface IGemm
{
    /// <summary>How the activations must lie.</summary>
    static abstract ActivationLayout Layout { get; }

    /// <summary>Weights of one row in one block.</summary>
    static abstract int BlockElements { get; }

    /// <summary>Bytes of one block of 16 rows.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>
    /// output[t][r] = sum over k of weight[r][k] · activation[t][k], for 16 rows r and `tokens` (1 to 8) tokens t of the tile.
    /// Writes up to 8 tokens: those beyond `tokens` are garbage.
    /// </summary>
    static abstract void Multiply(byte* weights, int blocks, byte* tile, int tokens, float* output);
}
