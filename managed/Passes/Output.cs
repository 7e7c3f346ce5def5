using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Passes;

/// <summary>What happens to 16 sums of a matrix product on their way to memory. `count` of them are real: the last group of a matrix
/// may have fewer.</summary>
internal static unsafe class Output
{
    /// <summary>output = sums + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* sums, float* bias, int count, float* output)
    {
        if (count < Lanes.Rows)
        {
            for (int i = 0; i < count; i++)
                output[i] = bias == null ? sums[i] : sums[i] + bias[i];
            return;
        }
        Vector256<float> a = Vector256.Load(sums), b = Vector256.Load(sums + 8);
        if (bias != null)
        {
            a += Vector256.Load(bias);
            b += Vector256.Load(bias + 8);
        }
        a.Store(output);
        b.Store(output + 8);
    }

    /// <summary>output += sums + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* sums, float* bias, int count, float* output)
    {
        if (count < Lanes.Rows)
        {
            for (int i = 0; i < count; i++)
                output[i] += bias == null ? sums[i] : sums[i] + bias[i];
            return;
        }
        Vector256<float> a = Vector256.Load(sums), b = Vector256.Load(sums + 8);
        if (bias != null)
        {
            a += Vector256.Load(bias);
            b += Vector256.Load(bias + 8);
        }
        (Vector256.Load(output) + a).Store(output);
        (Vector256.Load(output + 8) + b).Store(output + 8);
    }

    /// <summary>sums = (sums + bias) · scale.</summary>
    public static void Scale(float* sums, float* bias, int count, float scale)
    {
        for (int i = 0; i < count; i++)
            sums[i] = (bias == null ? sums[i] : sums[i] + bias[i]) * scale;
    }

    /// <summary>sums += bias.</summary>
    public static void AddBias(float* sums, float* bias, int count)
    {
        for (int i = 0; i < count; i++)
            sums[i] += bias[i];
    }
}
