using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>EXAONE 3 and 3.5: Llama's shape, turned by halves. (LG AI Research, 2024)</summary>
internal static class Exaone
{
    public static Architecture Family { get; } = new("exaone", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves, factors: r.RopeFactors);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
