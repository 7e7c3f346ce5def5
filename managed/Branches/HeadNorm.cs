using Realm.Passes;

namespace Realm.Branches;

/// <summary>A norm of queries, keys or values head by head: one for all heads, or each head its own.</summary>
internal sealed unsafe class HeadNorm(params Norm[] norms)
{
    /// <summary>Norms a head in place.</summary>
    public void Apply(float* head, int number) => norms[norms.Length == 1 ? 0 : number].Apply(head);
}
