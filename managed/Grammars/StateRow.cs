namespace Realm.Grammars;

/// <summary>The states behind the bytes that may follow a state; what it does not tell apart is kept once.</summary>
/// <param name="state">The state.</param>
/// <param name="classOf">(256): the class of each byte, shared by all states that have the same classes.</param>
/// <param name="behind">(classes): the number of the state behind any byte of the class.</param>
internal sealed class StateRow(GrammarState state, byte[] classOf, int[] behind)
{
    /// <summary>Not looked at yet.</summary>
    public const int Unknown = -1;

    public GrammarState State => state;

    public int Behind(byte value) => behind[classOf[value]];

    public void Set(byte value, int next) => behind[classOf[value]] = next;
}
