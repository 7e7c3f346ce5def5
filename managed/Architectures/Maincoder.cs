using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Maincoder: queries and keys are normed, head by head, after they turned. (Maincode, 2025)</summary>
internal static class Maincoder
{
    public static Architecture Family { get; } = new("maincoder", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return r.Decoder(layer => Qwen3.Facts(layer, rope) with { NormsAfterTurn = true });
    }
}
