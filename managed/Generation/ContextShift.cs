namespace Realm.Generation;

/// <summary>What a session does when its context is full: it goes on with the first tokens and the last ones, which are computed again
/// at their new places, whatever the network remembers of them.</summary>
/// <param name="Keep">First tokens that stay.</param>
/// <param name="Recent">Last tokens that stay, at least one.</param>
public sealed record ContextShift(int Keep, int Recent)
{
    /// <summary>First tokens that stay unless told otherwise: attention rests on them (Xiao et al., "Efficient streaming language models
    /// with attention sinks", 2024).</summary>
    public const int DefaultKeep = 4;

    /// <summary>What stays of a text that is longer than the context.</summary>
    public int[] Shorten(ReadOnlySpan<int> text) => [.. text[..Keep], .. text[^Recent..]];
}
