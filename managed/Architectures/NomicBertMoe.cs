using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Nomic's BERT with experts in every n-th layer; the others have plain networks with GELU. (Nussbaum and Duderstadt,
/// 2025)</summary>
internal static class NomicBertMoe
{
    public static Architecture Family { get; } = new("nomic-bert-moe", Build);

    private static Network Build(ModelReader r)
    {
        int every = r.Int("moe_every_n_layers", 0);
        return Bert.Network(r, Bert.Turned(r), layer => every > 0 && layer.Index % every == 1
            ? Experts(layer)
            : layer.PlainFeedForward(Activation.GeluErf));
    }

    private static Branch Experts(LayerReader layer) => layer.GatedExperts(
        layer.Routing with { Normalizes = false }, Activation.GeluErf);
}
