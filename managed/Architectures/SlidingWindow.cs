using Realm.Branches;

namespace Realm.Architectures;

/// <summary>Which layers look through a sliding window, and how many positions it is wide. (Beltagy et al., 2020)</summary>
internal sealed class SlidingWindow(bool[] near, int size)
{
    private readonly Visibility _window = Visibility.Window(size);

    /// <summary>Whether a layer looks through the window.</summary>
    public bool Covers(int layer) => near[layer];

    /// <summary>What a layer sees.</summary>
    public Visibility Sees(int layer) => near[layer] ? _window : Visibility.Causal;
}
