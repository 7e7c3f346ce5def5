using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Layer norm: y[i] = (x[i] - mean) / sqrt(variance + epsilon) · weight[i] + bias[i]. (Ba et al., 2016)</summary>
internal static unsafe class LayerNorm
{
    /// <summary>Norms `n` values; weight and bias may be null; output may be x.</summary>
    public static void Compute(float* x, float* weight, float* bias, float epsilon, int n, float* output)
    {
        float mean = Sum(x, n) / n;
        for (int i = 0; i < n; i++)
            output[i] = x[i] - mean;
        float scale = 1f / MathF.Sqrt(RmsNorm.SumOfSquares(output, n) / n + epsilon);
        for (int i = 0; i < n; i++)
        {
            float y = output[i] * scale;
            if (weight != null)
                y *= weight[i];
            output[i] = bias == null ? y : y + bias[i];
        }
    }

    /// <summary>Sixteen partial sums (element i belongs to number i % 16), then a fixed tree: one order on every processor.</summary>
    public static float Sum(float* x, int n)
    {
        Vector256<float> low = default, high = default;
        int i = 0;
        for (; i <= n - 16; i += 16)
        {
            low += Vector256.Load(x + i);
            high += Vector256.Load(x + i + 8);
        }
        if (i < n)
        {
            float* tail = stackalloc float[16];
            for (int j = 0; j < 16; j++)
                tail[j] = i + j < n ? x[i + j] : 0f;
            low += Vector256.Load(tail);
            high += Vector256.Load(tail + 8);
        }
        return Reduce.Sum(low + high);
    }
}
