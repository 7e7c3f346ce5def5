using Realm.Gguf;

namespace Realm.Formats;

/// <summary>Where tensors come from.</summary>
internal interface ITensorFile
{
    /// <summary>All tensors by name, and where their bytes lie.</summary>
    IReadOnlyDictionary<string, TensorView> Views { get; }

    /// <summary>Copies bytes of a tensor, from byte `offset` of it on.</summary>
    /// <exception cref="RealmException">E_TRUNCATED when the file has become shorter; E_IO when it cannot be read.</exception>
    void Read(GgufTensor tensor, long offset, Span<byte> to);
}
