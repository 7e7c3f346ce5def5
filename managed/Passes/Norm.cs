using Realm.Kernels;

namespace Realm.Passes;

/// <summary>A norm of a row: what a branch reads, or what its result becomes.</summary>
internal abstract unsafe class Norm(int size)
{
    /// <summary>Numbers of a row.</summary>
    public int Size => size;

    /// <summary>Norms a row of <see cref="Size"/> numbers; output may be x.</summary>
    public abstract void Compute(float* x, float* output);

    /// <summary>Norms a row in place.</summary>
    public void Apply(float* x) => Compute(x, x);
}

/// <summary>Root-mean-square norm; without a weight the numbers are only scaled; a bias may be added. (Zhang and Sennrich, 2019)</summary>
internal sealed unsafe class RmsRowNorm(int size, float* weight, float epsilon, float* bias = null) : Norm(size)
{
    public override void Compute(float* x, float* output)
    {
        if (weight != null)
            RmsNorm.Compute(x, weight, epsilon, Size, output);
        else
            RmsNorm.Scale(x, epsilon, Size, output);
        for (int i = 0; bias != null && i < Size; i++)
            output[i] += bias[i];
    }
}

/// <summary>Layer norm: (x - mean) / sqrt(variance + epsilon) · weight + bias; weight and bias may be missing. (Ba et al., 2016)</summary>
internal sealed unsafe class LayerRowNorm(int size, float* weight, float* bias, float epsilon) : Norm(size)
{
    public override void Compute(float* x, float* output) => LayerNorm.Compute(x, weight, bias, epsilon, Size, output);
}

/// <summary>A norm whose result is multiplied with one number: a gain of a whole head.</summary>
internal sealed unsafe class ScaledNorm(Norm norm, float scale) : Norm(norm.Size)
{
    public override void Compute(float* x, float* output)
    {
        norm.Compute(x, output);
        for (int i = 0; i < Size; i++)
            output[i] *= scale;
    }
}

/// <summary>No norm: each number is multiplied with its own weight.</summary>
internal sealed unsafe class WeightedRow(int size, float* weight) : Norm(size)
{
    public override void Compute(float* x, float* output)
    {
        for (int i = 0; i < Size; i++)
            output[i] = x[i] * weight[i];
    }
}

/// <summary>A norm of neighbouring groups of the row, each for itself; the inner norms have a group's size.</summary>
internal sealed unsafe class GroupedNorm(params Norm[] groups) : Norm(groups.Sum(group => group.Size))
{
    public override void Compute(float* x, float* output)
    {
        foreach (Norm group in groups)
        {
            group.Compute(x, output);
            x += group.Size;
            output += group.Size;
        }
    }
}
