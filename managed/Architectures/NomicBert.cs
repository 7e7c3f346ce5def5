using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Nomic's BERT: rotary positions, networks gated by SiLU. (Nussbaum et al., 2024)</summary>
internal static class NomicBert
{
    public static Architecture Family { get; } = new("nomic-bert", r =>
        Bert.Network(r, Bert.Turned(r), layer => layer.GatedFeedForward(Activation.Silu)));
}
