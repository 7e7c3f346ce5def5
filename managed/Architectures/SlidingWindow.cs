using Realm.Branches;

namespace Realm.Architectures;

/// <summary>Which layers look through a sliding window, what they see through it, and what the others see. (Beltagy et al., 2020)</summary>
internal sealed class SlidingWindow(bool[] near, Visibility window, Visibility far)
{
    /// <summary>Whether a layer looks through the window.</summary>
    public bool Covers(int layer) => near[layer];

    /// <summary>What a layer sees.</summary>
    public Visibility Sees(int layer) => near[layer] ? window : far;
}
