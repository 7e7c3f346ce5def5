using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>gpt-oss: every other layer sees a window, each head has a sink, experts have biases and SwiGLU with limits. (OpenAI,
/// 2025)</summary>
internal static class GptOss
{
    public static Architecture Family { get; } = new("gpt-oss", Build);

    private static Network Build(ModelReader r)
    {
        RopeTable rope = r.Rope(RopePairing.Halves);
        RopeTable near = r.Rope(RopePairing.Halves, frequencyBase: r.WindowRopeBase);
        SlidingWindow window = r.SlidingWindow(2);
        return r.Transformer(
            layer => layer.Attention(layer.Facts with
            {
                Rope = window.Covers(layer.Index) ? near : rope,
                Sees = window.Sees(layer.Index),
                Sinks = layer.Tensors.OptionalValues(layer.Name("attn_sinks.weight"), layer.Heads),
            }),
            layer => layer.GatedExperts(
                layer.Routing with { Score = RouterScore.SoftmaxOfChosen, Normalizes = false }, Activation.SwigluOai, layer.ExpertSize()),
            secondNorm: "post_attention_norm");
    }
}
