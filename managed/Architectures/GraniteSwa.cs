using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Granite with windows: the file says of each layer whether it looks through one and whether it turns; each head has a sink.
/// (IBM Research, 2025)</summary>
internal static class GraniteSwa
{
    public static Architecture Family { get; } = new("granite_swa", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Neighbours, factors: r.RopeFactors);
        SlidingWindow window = r.SlidingWindow(every: 1);
        bool[]? turns = r.Flags("attention.rope_pattern");
        return Granite.Network(r, Granite.Scales(r), layer => layer.Facts with
        {
            Rope = turns?[layer.Index] == false ? null : rope,
            Sees = window.Sees(layer.Index),
            Sinks = r.Tensors.OptionalValues(layer.Name("attn_sinks.weight"), layer.Heads),
        });
    }
}
