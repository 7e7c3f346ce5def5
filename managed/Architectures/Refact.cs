using Realm.Branches;

namespace Realm.Architectures;

/// <summary>Refact 1.6B: Llama's shape with scores bent by distance in place of turning; one key/value head. (Small Magellanic Cloud AI,
/// 2023)</summary>
internal static class Refact
{
    public static Architecture Family { get; } = new("refact", Build);

    private static Network Build(ModelReader r) => r.Decoder(layer => layer.Facts with { Score = ScoreRule.Slopes(layer.Heads, 8) });
}
