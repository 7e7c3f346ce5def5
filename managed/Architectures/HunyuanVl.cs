namespace Realm.Architectures;

/// <summary>Hunyuan, its model for images and text, as text goes through it: positions of several dimensions. (Tencent Hunyuan Team,
/// 2025)</summary>
internal static class HunyuanVl
{
    public static Architecture Family { get; } = new("hunyuan_vl", Build);

    private static Network Build(ModelReader r) => Hunyuan.Network(r, r.HasRopeSections);
}
