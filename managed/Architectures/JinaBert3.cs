using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Jina's BERT, third version: rotary positions, GELU. (Sturua et al., 2024)</summary>
internal static class JinaBert3
{
    public static Architecture Family { get; } = new("jina-bert-v3", r =>
        Bert.Network(r, Bert.Turned(r), layer => layer.PlainFeedForward(Activation.GeluErf)));
}
