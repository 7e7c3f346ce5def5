using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Granite 3 and 4 as files of mixtures name it: the same network, which always turns. (IBM Research, 2024)</summary>
internal static class GraniteMoe
{
    public static Architecture Family { get; } = new("granitemoe", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        return Granite.Network(r, Granite.Scales(r), layer => layer.Facts with { Rope = rope });
    }
}
