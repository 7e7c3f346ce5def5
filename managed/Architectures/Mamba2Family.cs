using Realm.Blocks;

namespace Realm.Architectures;

/// <summary>Mamba 2 and Codestral Mamba: layers of a mixer alone. (Dao and Gu, 2024)</summary>
internal static class Mamba2Family
{
    public static Architecture Family { get; } = new("mamba2", Build);

    private static Network Build(ModelReader r) => r.Network(
        r.Tokens(),
        layer => [new Residual(layer.RmsNorm("attn_norm"), layer.Mamba2())],
        new Exit(r.RmsNorm("output_norm"), r.Head()));
}
