using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 2 and 2.5 VL, as text goes through them: positions of several dimensions. (Wang et al., 2024)</summary>
internal static class Qwen2Vl
{
    public static Architecture Family { get; } = new("qwen2vl", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.MultiRope(interleaved: false);
        return r.Decoder(layer => layer.Facts with { Rope = rope });
    }
}
