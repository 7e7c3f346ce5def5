using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>The text part of Qwen 3 VL with experts: of a text, positions in time, height and width are the same. (Bai et al.,
/// 2025)</summary>
internal static class Qwen3VlMoe
{
    public static Architecture Family { get; } =
        new("qwen3vlmoe", r => Qwen3Moe.Build(r, r.MultiRope(interleaved: true), r.Sees));
}
