namespace Realm.Runtime;

/// <summary>An adapter's file, and how strong it is unless a sequence says otherwise.</summary>
public sealed record AdapterPath(string Path, float Scale = 1f);

/// <summary>Adapters of a model, in order. Two lists with the same content are equal.</summary>
public sealed class AdapterPaths(params AdapterPath[] paths) : IEquatable<AdapterPaths>
{
    /// <summary>No adapters.</summary>
    public static AdapterPaths None { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count => paths.Length;

    /// <summary>One of them.</summary>
    public AdapterPath this[int index] => paths[index];

    /// <inheritdoc/>
    public bool Equals(AdapterPaths? other) => other != null && Enumerable.SequenceEqual(paths, other.AsSpan().ToArray());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AdapterPaths);

    /// <inheritdoc/>
    public override int GetHashCode() => paths.Length == 0 ? 0 : HashCode.Combine(paths.Length, paths[0]);

    /// <summary>All of them.</summary>
    public ReadOnlySpan<AdapterPath> AsSpan() => paths;
}
