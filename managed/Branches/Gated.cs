using Realm.Kernels.Functions;
using Realm.Passes;
using System.Runtime.Intrinsics;

namespace Realm.Branches;

/// <summary>sigmoid(gate · n) · branch(n), the gate one number for each row: a shared expert that a token may do without. (Yang et al.,
/// 2024)</summary>
internal sealed unsafe class Gated(Branch branch, Linear gate) : Branch
{
    private readonly Matrices _gate = new(gate);
    private RowBuffer _gates = null!;
    private RowBuffer _result = null!;

    public override SourceNeeds Reads => branch.Reads | new SourceNeeds(_gate.Layouts);

    public override void Ask(Needs needs)
    {
        needs.Product(_gate);
        _gates = needs.Rows(1);
        _result = needs.Rows(needs.Hidden);
        needs.Children(branch);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        step.Project(_gate, source, _gates);                          // (rows, 1)
        branch.Forward(step, source, _result);                        // (rows, hidden)
        step.Barrier();
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
        {
            float share = Sigmoid.Compute(Vector256.CreateScalar(_gates.Row(row)[0])).ToScalar();
            float* result = _result.Row(row);
            for (int i = 0; i < (int)_result.Floats; i++)
                result[i] *= share;
            target.Put(row, result, (int)_result.Floats);
        }
        step.Barrier();
    }
}
