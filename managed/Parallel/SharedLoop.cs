namespace Realm.Parallel;

/// <summary>A loop whose items the threads of a <see cref="HelperThreads"/> share.</summary>
internal abstract class SharedLoop
{
    /// <summary>Whether a helper computes aside and stores at the end, so that the leader may do again what a helper does not finish.</summary>
    public abstract bool IsRepeatable { get; }

    /// <summary>Whether <see cref="LookAhead"/> does something.</summary>
    public virtual bool LooksAhead => false;

    /// <summary>Items first..last, results in their place.</summary>
    public abstract void Run(int thread, int first, int last);

    /// <summary>Items first..last, results in the thread's own memory. A repeatable loop only. False: `claim` is void, the loop is another one now.</summary>
    public virtual bool Compute(int thread, int first, int last, Claim claim) => false;

    /// <summary>Puts the results of <see cref="Compute"/> into their place.</summary>
    public virtual void Store(int thread, int first, int last)
    {
    }

    /// <summary>A helper has nothing to do: a little of what makes its part of the coming loops faster.</summary>
    public virtual void LookAhead(int thread)
    {
    }
}

/// <summary>A helper's right to a portion of part `part` of loop `number`.</summary>
internal readonly struct Claim(HelperThreads helpers, int part, long number)
{
    /// <summary>The loop is not over: what was read of it before this call is what it was when the portion was claimed.</summary>
    public bool IsValid => helpers.IsOpen(part, number);
}
