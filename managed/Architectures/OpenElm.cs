using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>OpenELM: each layer has its own number of heads and width; queries and keys are normed, head by head. (Mehta et al.,
/// 2024)</summary>
internal static class OpenElm
{
    public static Architecture Family { get; } = new("openelm", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(layer => Qwen3.Facts(layer, rope));
    }
}
