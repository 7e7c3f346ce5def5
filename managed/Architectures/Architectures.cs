namespace Realm.Architectures;

/// <summary>The architectures this engine has. A new one is its file and a line here.</summary>
internal static class Architectures
{
    public static IReadOnlyList<Architecture> All { get; } =
    [
        FalconH1.Family,
        GraniteHybrid.Family,
        Jamba.Family,
        Llama.Family,
        Mamba2Family.Family,
        MambaFamily.Family,
        Qwen2.Family,
        Qwen3.Family,
    ];

    /// <summary>The architecture of that name.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED, naming it and those there are.</exception>
    public static Architecture Find(string name) => All.FirstOrDefault(a => a.Name == name) ?? throw new RealmException(
        ErrorCode.Unsupported, $"architecture '{name}' is not supported; supported are {string.Join(", ", All.Select(a => a.Name))}");
}
