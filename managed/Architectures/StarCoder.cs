namespace Realm.Architectures;

/// <summary>StarCoder and SantaCoder: GPT-2 with one key/value head. (Li et al., 2023)</summary>
internal static class StarCoder
{
    public static Architecture Family { get; } = new("starcoder", Build);

    private static Network Build(ModelReader r) => Gpt2.Network(r);
}
