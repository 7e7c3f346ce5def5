namespace Realm.Gguf;

/// <summary>
/// What this reader accepts. Every number is far above what published models need, and low enough that a file which
/// lies about its counts is refused before anything is allocated for them.
/// </summary>
internal static class GgufLimits
{
    /// <summary>Bytes of header and metadata together. The largest known (a 262,144-token vocabulary with merges) has about 16 MB.</summary>
    public const int MetadataBytes = 256 << 20;

    /// <summary>Metadata entries.</summary>
    public const int Keys = 65_536;

    /// <summary>Bytes of a metadata key: the GGUF specification's own limit.</summary>
    public const int KeyBytes = 65_535;

    /// <summary>Bytes of one string, in an array or alone: chat templates stay under 100 kB.</summary>
    public const int StringBytes = 16 << 20;

    /// <summary>Elements of one metadata array: the largest vocabularies have 262,144 tokens and 580,000 merges.</summary>
    public const int ArrayElements = 16 << 20;

    /// <summary>Tensors in one file.</summary>
    public const int Tensors = 1_000_000;

    /// <summary>Bytes of a tensor name: ggml keeps 64, the last one zero.</summary>
    public const int TensorNameBytes = 63;

    /// <summary>Dimensions of a tensor, as in ggml.</summary>
    public const int Dimensions = 4;

    /// <summary>Largest <c>general.alignment</c>, in bytes.</summary>
    public const int Alignment = 1 << 20;

    /// <summary><c>general.alignment</c> of a file that does not say: the GGUF specification's default.</summary>
    public const int DefaultAlignment = 32;
}
