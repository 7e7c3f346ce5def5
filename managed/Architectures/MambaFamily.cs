using Realm.Blocks;

namespace Realm.Architectures;

/// <summary>Mamba and Falcon Mamba: layers of a mixer alone. (Gu and Dao, 2023)</summary>
internal static class MambaFamily
{
    public static Architecture Family { get; } = new("mamba", Build);

    private static Network Build(ModelReader r) => r.Network(
        r.Tokens(),
        layer => [new Residual(layer.RmsNorm("attn_norm"), layer.Mamba())],
        new Exit(r.RmsNorm("output_norm"), r.Head()));
}
