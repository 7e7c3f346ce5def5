using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>XVERSE: Llama's shape. (XVERSE Technology, 2023)</summary>
internal static class Xverse
{
    public static Architecture Family { get; } = new("xverse", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
