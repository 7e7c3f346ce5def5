namespace Realm.Architectures;

/// <summary>A family of models: its name in files, and the recipe that builds its network.</summary>
/// <param name="Name"><c>general.architecture</c></param>
/// <param name="Build">The recipe.</param>
internal sealed record Architecture(string Name, Func<ModelReader, Network> Build);
