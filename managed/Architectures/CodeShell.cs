using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>CodeShell: GPT-2 with turned queries and keys, grouped. A file may have one matrix for embedding and head, under the name of
/// either. (Xie et al., 2024)</summary>
internal static class CodeShell
{
    public static Architecture Family { get; } = new("codeshell", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        return r.Decoder(layer => layer.Facts with { Rope = rope }, layer => layer.PlainFeedForward(Activation.GeluTanh), layerNorms: true);
    }
}
