namespace Realm.Runtime;

/// <summary>An adapter that a model is opened with.</summary>
/// <param name="File">Its file.</param>
/// <param name="Name">What it is called in messages: its path, as a rule.</param>
/// <param name="Scale">How strong it is, unless a sequence says otherwise; 0: not at all.</param>
public sealed record AdapterFile(ModelFile File, string Name, float Scale = 1f);
