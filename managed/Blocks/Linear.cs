using Realm.Formats;

namespace Realm.Blocks;

/// <summary>A linear map y = W·x + b: weights (outputs, inputs) and an optional bias of `outputs` values.</summary>
internal sealed unsafe class Linear(Weight weight, float* bias)
{
    public Weight Weight { get; } = weight;

    /// <summary>Null where the model has none.</summary>
    public float* Bias { get; } = bias;

    public int Outputs => Weight.Rows;
}
