using Realm.Passes;

namespace Realm.Blocks;

/// <summary>x = norm(x), outside of any branch: a norm of embeddings, or between repetitions of layers.</summary>
internal sealed unsafe class StreamNorm(Norm norm) : RowBlock
{
    protected override void Apply(float* row, int position) => norm.Apply(row);
}
