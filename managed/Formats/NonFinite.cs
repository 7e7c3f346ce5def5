using Realm.Gguf;

namespace Realm.Formats;

/// <summary>The first tensor of a model in which a number was found that is not finite. Threads that pack or multiply report it, whoever waits for them throws.</summary>
internal sealed class NonFinite
{
    private volatile string? _tensor;

    /// <summary>A number of this tensor is not finite.</summary>
    public void Report(string tensor) => _tensor ??= tensor;

    /// <exception cref="RealmException">E_NUMERIC.</exception>
    public void Check()
    {
        if (_tensor is { } tensor)
            throw Error(tensor, "");
    }

    /// <summary>E_NUMERIC of a tensor.</summary>
    public static RealmException Error(string tensor, string where) =>
        new(ErrorCode.Numeric, $"tensor {Quoted.Name(tensor)} has a number that is not finite (infinite, or no number at all){where}: the file is damaged");
}
