using Realm.Branches;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Mistral 4: DeepSeek's layers, YaRN's magnitudes by a ratio. (Mistral AI, 2026)</summary>
internal static class Mistral4
{
    public static Architecture Family { get; } = new("mistral4", r => DeepSeek2.Build(r, multiplier => multiplier));
}
