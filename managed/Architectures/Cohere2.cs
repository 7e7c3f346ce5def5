using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Command R7B and A: attention beside the network, of one layer norm; three layers of four look through a window and turn, the
/// fourth sees all and does not turn. (Cohere, 2025)</summary>
internal static class Cohere2
{
    public static Architecture Family { get; } = new("cohere2", Build);

    private static Network Build(ModelReader r)
    {
        SlidingWindow window = r.SlidingWindow(every: 4);
        RopeTable rope = r.Rope(RopePairing.Neighbours);
        return CommandR.Network(r, layer => layer.Facts with
        {
            Rope = window.Covers(layer.Index) ? rope : null,
            Sees = window.Sees(layer.Index),
        });
    }
}
