using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>ERNIE 4.5, dense: Llama's shape; heads need not fill the hidden size. (Baidu, 2025)</summary>
internal static class Ernie45
{
    public static Architecture Family { get; } = new("ernie4_5", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
