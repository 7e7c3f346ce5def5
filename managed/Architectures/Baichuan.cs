using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Baichuan 1 and 2: the 7B turns queries and keys, the 13B, told by its 40 layers, bends scores by distance instead; other
/// sizes were never made, and have neither. (Yang et al., 2023)</summary>
internal static class Baichuan
{
    public static Architecture Family { get; } = new("baichuan", Build);

    private const int LayersOf7B = 32;
    private const int LayersOf13B = 40;

    private static Network Build(ModelReader r)
    {
        RopeTable? rope = r.Layers == LayersOf7B ? r.Rope(RopePairing.Neighbours) : null;
        return r.Decoder(layer => layer.Facts with
        {
            Rope = rope,
            Score = r.Layers == LayersOf13B ? ScoreRule.Slopes(layer.Heads, 8) : null,
        });
    }
}
