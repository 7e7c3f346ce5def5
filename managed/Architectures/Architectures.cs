namespace Realm.Architectures;

/// <summary>The architectures this engine has. A new one is its file and a line here.</summary>
internal static class Architectures
{
    public static IReadOnlyList<Architecture> All { get; } =
    [
        Llama.Facts,
        Qwen2.Facts,
        Qwen3.Facts,
    ];

    /// <summary>The facts of an architecture.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED, naming it and those there are.</exception>
    public static Architecture Find(string name) => All.FirstOrDefault(a => a.Name == name) ?? throw new RealmException(
        ErrorCode.Unsupported, $"architecture '{name}' is not supported; supported are {string.Join(", ", All.Select(a => a.Name))}");
}
