using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>A causal convolution of each channel for itself: y[c] = bias[c] + sum over taps of weight[tap][c] · x[tap][c], the oldest tap first.</summary>
internal static unsafe class DepthwiseConv
{
    /// <summary>`count` channels of one token. taps: where the channels of each tap begin, the oldest first; weights: (taps, stride).</summary>
    public static void Compute(float** taps, int tapCount, float* weights, int stride, float* bias, int count, float* output)
    {
        int c = 0;
        for (; c <= count - 8; c += 8)
        {
            Vector256<float> sum = bias == null ? default : Vector256.Load(bias + c);
            for (int tap = 0; tap < tapCount; tap++)
                sum = Vector256.FusedMultiplyAdd(Vector256.Load(taps[tap] + c), Vector256.Load(weights + (long)tap * stride + c), sum);
            sum.Store(output + c);
        }
        for (; c < count; c++)
        {
            float sum = bias == null ? 0 : bias[c];
            for (int tap = 0; tap < tapCount; tap++)
                sum = MathF.FusedMultiplyAdd(taps[tap][c], weights[(long)tap * stride + c], sum);
            output[c] = sum;
        }
    }
}
