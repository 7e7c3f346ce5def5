using Realm.Branches;

namespace Realm.Architectures;

/// <summary>GLM 5: DeepSeek 3.2's layers, of which some share an earlier one's choice of keys. (Zhipu AI, 2026)</summary>
internal static class GlmDsa
{
    public static Architecture Family { get; } = new("glm-dsa", r => DeepSeek2.BuildSparse(r, RouterScore.Sigmoid));
}
