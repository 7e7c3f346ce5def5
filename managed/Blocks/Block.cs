using Realm.Passes;

namespace Realm.Blocks;

/// <summary>A part of a layer: reads the residual stream and changes it. All threads of a pass call <see cref="Forward"/> together.</summary>
internal abstract class Block : IAsk
{
    public abstract void Ask(Needs needs);

    /// <summary>Changes `step.Stream`. All threads are in step when it returns.</summary>
    public abstract void Forward(in Step step);
}
