namespace Realm.Grammars;

/// <summary>
/// An automaton over bytes that is written by hand, where an expression would be large: numbers between bounds. Its states are numbers that
/// it makes as they are needed.
/// </summary>
internal abstract class ByteMachine
{
    /// <summary>Bytes that all states treat alike are in one class.</summary>
    public abstract BytePartition Partition { get; }

    /// <summary>The state after a byte, or -1.</summary>
    public abstract int Next(int state, byte value);

    /// <summary>Whether a text may end in a state.</summary>
    public abstract bool Accepts(int state);

    /// <summary>The bytes of the shortest text from a state on; -1: to be searched for.</summary>
    public virtual int Shortest(int state) => -1;

    /// <summary>
    /// Whether plain text of any length may follow between characters (<see cref="PlainText"/>), and a byte more at most ends it.
    /// </summary>
    public virtual bool TakesAnyText => false;

    /// <summary>Tokens that its text may have before it is closed; null: any number.</summary>
    public virtual int? Budget => null;

    /// <summary>The state in which the text may only be ended; the same state where it is that already.</summary>
    public virtual int Closing(int state) => state;
}
