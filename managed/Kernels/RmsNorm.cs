using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>Root-mean-square norm: y[i] = x[i] / sqrt(mean(x²) + epsilon) · weight[i]. (Zhang and Sennrich, 2019)</summary>
internal static unsafe class RmsNorm
{
    /// <summary>Norms `n` values; output may be x.</summary>
    public static void Compute(float* x, float* weight, float epsilon, int n, float* output)
    {
        float scale = 1f / MathF.Sqrt(SumOfSquares(x, n) / n + epsilon);
        Vector256<float> s = Vector256.Create(scale);
        int i = 0;
        for (; i <= n - 8; i += 8)
            (Vector256.Load(x + i) * s * Vector256.Load(weight + i)).Store(output + i);
        for (; i < n; i++)
            output[i] = x[i] * scale * weight[i];
    }

    /// <summary>The same without weights.</summary>
    public static void Scale(float* x, float epsilon, int n, float* output)
    {
        float scale = 1f / MathF.Sqrt(SumOfSquares(x, n) / n + epsilon);
        for (int i = 0; i < n; i++)
            output[i] = x[i] * scale;
    }

    /// <summary>Sixteen partial sums (element i belongs to number i % 16), then a fixed tree: one order on every processor.</summary>
    public static float SumOfSquares(float* x, int n)
    {
        Vector256<float> low = default, high = default;
        int i = 0;
        for (; i <= n - 16; i += 16)
        {
            Vector256<float> a = Vector256.Load(x + i), b = Vector256.Load(x + i + 8);
            low = Vector256.FusedMultiplyAdd(a, a, low);
            high = Vector256.FusedMultiplyAdd(b, b, high);
        }
        if (i < n)
        {
            float* tail = stackalloc float[16];
            for (int j = 0; j < 16; j++)
                tail[j] = i + j < n ? x[i + j] : 0f;
            Vector256<float> a = Vector256.Load(tail), b = Vector256.Load(tail + 8);
            low = Vector256.FusedMultiplyAdd(a, a, low);
            high = Vector256.FusedMultiplyAdd(b, b, high);
        }
        return Reduce.Sum(low + high);
    }
}
