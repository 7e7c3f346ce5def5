namespace Realm.Architectures;

/// <summary>Qwen 3 TTS, its talker: Qwen 3 VL's network. (Qwen Team, 2026)</summary>
internal static class Qwen3Tts
{
    public static Architecture Family { get; } = new("qwen3tts", Build);

    private static Network Build(ModelReader r) => Qwen3Vl.Network(r);
}
