using Realm.Kernels;
using Realm.Passes;
using System.Runtime.Intrinsics;

namespace Realm.Branches;

/// <summary>
/// A gate of which only the largest numbers count, those above mean + sharpness · deviation: of a row of gates and then ups the first half becomes
/// gelu(max(0, gate - cutoff)) · up. (Gemma Team, 2025)
/// </summary>
/// <param name="size">Gates.</param>
/// <param name="sharpness">How many deviations above the mean the cutoff is.</param>
internal sealed unsafe class SparseGate(int size, float sharpness) : RowChange
{
    public override void Apply(float* row)
    {
        float mean = LayerNorm.Sum(row, size) / size;
        for (int i = 0; i < size; i++)
            row[i] -= mean;
        float cutoff = sharpness * MathF.Sqrt(RmsNorm.SumOfSquares(row, size) / (size - 1));
        for (int i = 0; i < size; i++)
            row[i] = MathF.Max(0, row[i] - cutoff);
        float* up = row + size;
        int at = 0;
        for (; at <= size - 8; at += 8)
            Activation.GeluTanh.Gate(row + at, up + at, 8);
        float* rest = stackalloc float[16];
        new Span<float>(rest, 16).Clear();
        new ReadOnlySpan<float>(row + at, size - at).CopyTo(new Span<float>(rest, 8));
        new ReadOnlySpan<float>(up + at, size - at).CopyTo(new Span<float>(rest + 8, 8));
        Activation.GeluTanh.Gate(rest, rest + 8, 8);
        new ReadOnlySpan<float>(rest, size - at).CopyTo(new Span<float>(row + at, size - at));
    }
}
