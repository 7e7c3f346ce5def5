using System.Runtime.Intrinsics;
using Realm.Passes;

namespace Realm.Branches;

/// <summary>Several changes, one after another.</summary>
internal sealed unsafe class RowChanges(params RowChange[] changes) : RowChange
{
    public override void Apply(float* row)
    {
        for (int i = 0; i < changes.Length; i++)
            changes[i].Apply(row);
    }
}

/// <summary>A norm of the row's beginning: queries over their whole width, and perhaps keys behind them, each for itself.</summary>
internal sealed unsafe class NormedRow(Norm norm) : RowChange
{
    public override void Apply(float* row) => norm.Apply(row);
}

/// <summary>The first `size` numbers between -limit and limit. (MosaicML, 2023)</summary>
internal sealed unsafe class ClampedRow(int size, float limit) : RowChange
{
    public override void Apply(float* row)
    {
        Vector256<float> most = Vector256.Create(limit), least = -most;
        int i = 0;
        for (; i <= size - 8; i += 8)
            Vector256.Min(Vector256.Max(Vector256.Load(row + i), least), most).Store(row + i);
        for (; i < size; i++)
            row[i] = MathF.Min(MathF.Max(row[i], -limit), limit);
    }
}

/// <summary>The first `size` numbers, each divided by its own: what was taken out of the activations to round the weights behind them.
/// (Lin et al., 2023)</summary>
internal sealed unsafe class DividedRow(int size, float* divisors) : RowChange
{
    public override void Apply(float* row)
    {
        for (int i = 0; i < size; i++)
            row[i] /= divisors[i];
    }
}

/// <summary>A norm of all heads' results together, before the output matrix. (Wang et al., 2022)</summary>
internal sealed unsafe class NormedResults(Norm norm) : ResultChange
{
    public override void Apply(float* results, float* projected) => norm.Apply(results);
}
