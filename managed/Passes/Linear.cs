using System.Runtime.Intrinsics;
using Realm.Formats;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>A linear map y = s·(W·x) + b: weights (outputs, inputs), a scale that is 1 in most models, an optional bias of `outputs` values.</summary>
/// <param name="weight">W.</param>
/// <param name="scale">s.</param>
/// <param name="bias">b, or null.</param>
/// <param name="changes">What adapters add; null: nothing.</param>
internal sealed unsafe class Linear(Weight weight, float scale, float* bias, LowRank[]? changes = null)
{
    private readonly int _blocks = weight.Columns / Activations.BlockElements(weight.Layout);
    private readonly Linear? _forBatches = weight.ForBatches == weight ? null : new(weight.ForBatches, scale, bias);

    public Weight Weight { get; } = weight;

    /// <summary>What adapters add to it.</summary>
    public LowRank[] Changes { get; } = changes ?? [];

    /// <summary>The same map for more than one tile of inputs, without changes.</summary>
    public Linear ForBatches => _forBatches ?? this;

    /// <summary>Null where the model has none.</summary>
    public float* Bias { get; } = bias;

    /// <summary>s·(W·x) for the 16 rows of a group and up to 8 rows of inputs, from `row` on: sums[t][16]. Behind the 8 x 16 sums there must be room
    /// for as many again.</summary>
    public void Multiply(byte* group, Inputs inputs, int row, int tokens, float* sums)
    {
        Weight.Multiply(group, inputs.Tile(Weight.Layout, row), tokens, sums);
        if (inputs.Refinement(Weight.Layout, row) is { Count: > 0 } refinement)
            Refine(group, refinement, tokens, sums);
        if (scale != 1f)
        {
            for (int i = 0; i < tokens * Lanes.Rows; i++)
                sums[i] *= scale;
        }
    }

    private void Refine(byte* group, Refinement refinement, int tokens, float* sums)
    {
        float* more = sums + Lanes.Tokens * Lanes.Rows;
        for (int i = 0; i < refinement.Count; i++)
        {
            // A helper that lost its processor may see the blocks of a later and wider input here: it must not read behind its weights.
            int block = refinement.Block(i);
            if (block >= _blocks)
                continue;
            Weight.MultiplyBlock(group, block, refinement.Tile(i), tokens, more);
            for (int j = 0; j < tokens * Lanes.Rows; j += 8)
                (Vector256.Load(sums + j) + Vector256.Load(more + j)).Store(sums + j);
        }
    }

    public int Outputs => Weight.Rows;
}
