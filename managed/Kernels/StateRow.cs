using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// One token's step of one row of a recurrent state: the row belongs to one value of the output and does not depend on other rows. Lanes are the row's
/// numbers; what is summed over them takes sixteen partial sums (element i belongs to number i % 16) and a fixed tree.
/// </summary>
internal static unsafe class StateRow
{
    /// <summary>Numbers of a row are filled up with zeros to a multiple of this.</summary>
    public const int Step = 16;

    /// <summary>A row's numbers as they are stored.</summary>
    public static int Padded(int n) => (n + Step - 1) / Step * Step;

    /// <summary>s = decay·s + input·b; returns the sum of s·c. (Dao and Gu, 2024) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Decay(float* s, float decay, float input, float* b, float* c, int n)
    {
        Vector256<float> low = default, high = default, d = Vector256.Create(decay), x = Vector256.Create(input);
        for (int i = 0; i < n; i += 16)
        {
            Vector256<float> s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + i), d * Vector256.Load(s + i));
            Vector256<float> s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + i + 8), d * Vector256.Load(s + i + 8));
            s0.Store(s + i);
            s1.Store(s + i + 8);
            low = Vector256.FusedMultiplyAdd(s0, Vector256.Load(c + i), low);
            high = Vector256.FusedMultiplyAdd(s1, Vector256.Load(c + i + 8), high);
        }
        return Reduce.Sum(low + high);
    }

    /// <summary>s = e^(step·a)·s + input·b; returns the sum of s·c. (Gu and Dao, 2023) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SelectiveDecay(float* s, float* a, float step, float input, float* b, float* c, int n)
    {
        Vector256<float> low = default, high = default, t = Vector256.Create(step), x = Vector256.Create(input);
        for (int i = 0; i < n; i += 16)
        {
            Vector256<float> d0 = Exp.Compute(t * Vector256.Load(a + i)), d1 = Exp.Compute(t * Vector256.Load(a + i + 8));
            Vector256<float> s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + i), d0 * Vector256.Load(s + i));
            Vector256<float> s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + i + 8), d1 * Vector256.Load(s + i + 8));
            s0.Store(s + i);
            s1.Store(s + i + 8);
            low = Vector256.FusedMultiplyAdd(s0, Vector256.Load(c + i), low);
            high = Vector256.FusedMultiplyAdd(s1, Vector256.Load(c + i + 8), high);
        }
        return Reduce.Sum(low + high);
    }

    /// <summary>The delta rule: s = decay·s; s = s + rate·(value - s·k)·k; returns the sum of s·q. The decay is one number for each of the row's, given as
    /// a vector, or null with the same `decay` for all. (Yang et al., 2024; Kimi Team, 2025) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Delta(float* s, float* decays, float decay, float rate, float value, float* k, float* q, int n)
    {
        Vector256<float> low = default, high = default, d0 = Vector256.Create(decay), d1 = d0;
        for (int i = 0; i < n; i += 16)
        {
            if (decays != null)
                (d0, d1) = (Vector256.Load(decays + i), Vector256.Load(decays + i + 8));
            Vector256<float> s0 = d0 * Vector256.Load(s + i), s1 = d1 * Vector256.Load(s + i + 8);
            s0.Store(s + i);
            s1.Store(s + i + 8);
            low = Vector256.FusedMultiplyAdd(s0, Vector256.Load(k + i), low);
            high = Vector256.FusedMultiplyAdd(s1, Vector256.Load(k + i + 8), high);
        }
        Vector256<float> change = Vector256.Create(rate * (value - Reduce.Sum(low + high)));
        low = high = default;
        for (int i = 0; i < n; i += 16)
        {
            Vector256<float> s0 = Vector256.FusedMultiplyAdd(change, Vector256.Load(k + i), Vector256.Load(s + i));
            Vector256<float> s1 = Vector256.FusedMultiplyAdd(change, Vector256.Load(k + i + 8), Vector256.Load(s + i + 8));
            s0.Store(s + i);
            s1.Store(s + i + 8);
            low = Vector256.FusedMultiplyAdd(s0, Vector256.Load(q + i), low);
            high = Vector256.FusedMultiplyAdd(s1, Vector256.Load(q + i + 8), high);
        }
        return Reduce.Sum(low + high);
    }

    /// <summary>Copies `n` numbers, with zeros behind up to the padded length.</summary>
    public static void Fill(float* from, int n, float* to)
    {
        new ReadOnlySpan<float>(from, n).CopyTo(new Span<float>(to, n));
        new Span<float>(to + n, Padded(n) - n).Clear();
    }
}
