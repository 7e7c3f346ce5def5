using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>The text part of PaddleOCR-VL: ERNIE 4.5, dense; of a text, positions in time, height and width are the same. (Cui et al.,
/// 2025)</summary>
internal static class PaddleOcr
{
    public static Architecture Family { get; } = new("paddleocr", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.MultiRope(interleaved: false);
        return r.Transformer(layer => layer.Attention(layer.Facts with { Rope = rope }), layer => layer.GatedFeedForward(Activation.Silu));
    }
}
