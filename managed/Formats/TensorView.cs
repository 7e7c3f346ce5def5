using Realm.Gguf;

namespace Realm.Formats;

/// <summary>A tensor and where its bytes lie in memory.</summary>
internal readonly unsafe struct TensorView(GgufTensor tensor, byte* data)
{
    public GgufTensor Tensor { get; } = tensor;

    public byte* Data { get; } = data;
}
