using Realm.Passes;

namespace Realm.Branches;

/// <summary>The body of a part of a layer: a function of rows, mostly normed ones. It knows nothing of the residual stream, nor of families.</summary>
internal abstract class Branch : IAsk
{
    /// <summary>What it reads.</summary>
    public abstract SourceNeeds Reads { get; }

    public abstract void Ask(Needs needs);

    /// <summary>Puts its result for every row into the target. All threads are in step when it returns.</summary>
    public abstract void Forward(in Step step, in Source source, in Target target);
}
