using Realm.Formats;
using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>A linear map y = s·(W·x) + b: weights (outputs, inputs), a scale that is 1 in most models, an optional bias of `outputs` values.</summary>
internal sealed unsafe class Linear(Weight weight, float scale, float* bias)
{
    public Weight Weight { get; } = weight;

    /// <summary>Null where the model has none.</summary>
    public float* Bias { get; } = bias;

    /// <summary>W·x for 16 rows and up to 8 tokens, times the scale: sums[t][16].</summary>
    public void Multiply(byte* group, byte* tile, int tokens, float* sums)
    {
        Weight.Multiply(group, tile, 0, tokens, sums);
        if (scale != 1f)
        {
            for (int i = 0; i < tokens * Lanes.Rows; i++)
                sums[i] *= scale;
        }
    }

    public int Outputs => Weight.Rows;
}
