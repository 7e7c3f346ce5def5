namespace Realm.Blocks;

/// <summary>A part of a layer that reads the residual stream and adds to it. All threads of a pass call <see cref="Forward"/> together.</summary>
internal abstract class Block
{
    /// <summary>Adds this block's contribution to `step.Scratch.Hidden`. All threads are in step when it returns.</summary>
    public abstract void Forward(in Step step);
}
