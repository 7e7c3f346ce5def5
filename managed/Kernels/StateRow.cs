using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realm.Kernels;

/// <summary>
/// One token's step of rows of a recurrent state: a row belongs to one value of the output and does not depend on other rows. Lanes are the row's
/// numbers; what is summed over them takes sixteen partial sums (element i belongs to number i % 16) and a fixed tree. Rows are read at `from` and
/// written at `to`, which may be the same.
/// </summary>
internal static unsafe class StateRow
{
    /// <summary>Numbers of a row are filled up with zeros to a multiple of this.</summary>
    public const int Step = 16;

    /// <summary>A row's numbers as they are stored.</summary>
    public static int Padded(int n) => (n + Step - 1) / Step * Step;

    /// <summary>`n` numbers with zeros behind up to the padded length: those at `from`, where there are none to fill up, or a copy in `room`.</summary>
    public static float* Filled(float* from, int n, float* room)
    {
        if (n % Step == 0)
            return from;
        Fill(from, n, room);
        return room;
    }

    /// <summary>s = decays·s + input·k, with a decay for each of the row's numbers; returns the sum of s·q, or, with a bonus, of q times what s was, plus
    /// input·bonus. (Peng et al., 2024) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float DecayEach(float* s, float* decays, float input, float* k, float* bonus, float* q, int n)
    {
        Vector256<float> low = default, high = default, x = Vector256.Create(input);
        for (int i = 0; i < n; i += 16)
        {
            Vector256<float> before0 = Vector256.Load(s + i), before1 = Vector256.Load(s + i + 8);
            Vector256<float> s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(k + i), Vector256.Load(decays + i) * before0);
            Vector256<float> s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(k + i + 8), Vector256.Load(decays + i + 8) * before1);
            s0.Store(s + i);
            s1.Store(s + i + 8);
            if (bonus != null)
            {
                s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(bonus + i), before0);
                s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(bonus + i + 8), before1);
            }
            low = Vector256.FusedMultiplyAdd(s0, Vector256.Load(q + i), low);
            high = Vector256.FusedMultiplyAdd(s1, Vector256.Load(q + i + 8), high);
        }
        return Reduce.Sum(low + high);
    }

    /// <summary>The delta rule in general: s = decays·s + input·k + (s·a)·b; returns the sum of s·q. (Peng et al., 2025) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float DeltaEach(float* s, float* decays, float input, float* k, float* a, float* b, float* q, int n)
    {
        Vector256<float> low = default, high = default;
        for (int i = 0; i < n; i += 16)
        {
            low = Vector256.FusedMultiplyAdd(Vector256.Load(s + i), Vector256.Load(a + i), low);
            high = Vector256.FusedMultiplyAdd(Vector256.Load(s + i + 8), Vector256.Load(a + i + 8), high);
        }
        Vector256<float> change = Vector256.Create(Reduce.Sum(low + high)), x = Vector256.Create(input);
        low = high = default;
        for (int i = 0; i < n; i += 16)
        {
            Vector256<float> s0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(k + i), Vector256.Load(decays + i) * Vector256.Load(s + i));
            Vector256<float> s1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(k + i + 8), Vector256.Load(decays + i + 8) * Vector256.Load(s + i + 8));
            s0 = Vector256.FusedMultiplyAdd(change, Vector256.Load(b + i), s0);
            s1 = Vector256.FusedMultiplyAdd(change, Vector256.Load(b + i + 8), s1);
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

    /// <summary>`count` rows of s = decay·s + input·b, with an input each; sums: s·c of each. (Dao and Gu, 2024) `n` is a multiple of 16.</summary>
    public static void Decay(float* from, float* to, int n, int count, float decay, float* inputs, float* b, float* c, float* sums)
    {
        if (Vector512.IsHardwareAccelerated)
            Decay<WideSixteen>(from, to, n, count, decay, inputs, b, c, sums);
        else
            Decay<NarrowSixteen>(from, to, n, count, decay, inputs, b, c, sums);
    }

    /// <summary>A row of s = e^(step·a)·s + input·b; returns s·c. (Gu and Dao, 2023) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SelectiveDecay(float* from, float* to, float* a, float step, float input, float* b, float* c, int n) =>
        Vector512.IsHardwareAccelerated
            ? SelectiveDecay<WideSixteen>(from, to, a, step, input, b, c, n)
            : SelectiveDecay<NarrowSixteen>(from, to, a, step, input, b, c, n);

    /// <summary>
    /// A row by the delta rule: s = decay·s; s = s + rate·(value - s·k)·k; returns s·q. The decay is one number for each of the row's, given as
    /// a vector, or null with the same `decay` for all. (Yang et al., 2024; Kimi Team, 2025) `n` is a multiple of 16.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Delta(float* from, float* to, float* decays, float decay, float rate, float value, float* k, float* q, int n) =>
        Vector512.IsHardwareAccelerated
            ? Delta<WideSixteen>(from, to, decays, decay, rate, value, k, q, n)
            : Delta<NarrowSixteen>(from, to, decays, decay, rate, value, k, q, n);

    private static void Decay<T>(float* from, float* to, int n, int count, float decay, float* inputs, float* b, float* c, float* sums)
        where T : struct, ISixteen<T>
    {
        T d = T.Create(decay);
        int row = 0;
        for (; row <= count - 2; row += 2)
        {
            float* from1 = from + n, to1 = to + n;
            T x0 = T.Create(inputs[row]), x1 = T.Create(inputs[row + 1]), sum0 = T.Create(0), sum1 = T.Create(0);
            for (int i = 0; i < n; i += Step)
            {
                T bi = T.Load(b + i), ci = T.Load(c + i);
                T s0 = x0.TimesPlus(bi, d.Times(T.Load(from + i))), s1 = x1.TimesPlus(bi, d.Times(T.Load(from1 + i)));
                s0.Store(to + i);
                s1.Store(to1 + i);
                sum0 = s0.TimesPlus(ci, sum0);
                sum1 = s1.TimesPlus(ci, sum1);
            }
            sums[row] = sum0.Sum();
            sums[row + 1] = sum1.Sum();
            from += 2 * n;
            to += 2 * n;
        }
        if (row == count)
            return;
        T x = T.Create(inputs[row]), sum = T.Create(0);
        for (int i = 0; i < n; i += Step)
        {
            T s = x.TimesPlus(T.Load(b + i), d.Times(T.Load(from + i)));
            s.Store(to + i);
            sum = s.TimesPlus(T.Load(c + i), sum);
        }
        sums[row] = sum.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SelectiveDecay<T>(float* from, float* to, float* a, float step, float input, float* b, float* c, int n)
        where T : struct, ISixteen<T>
    {
        T sum = T.Create(0), t = T.Create(step), x = T.Create(input);
        for (int i = 0; i < n; i += Step)
        {
            T s = x.TimesPlus(T.Load(b + i), t.Times(T.Load(a + i)).Exponential().Times(T.Load(from + i)));
            s.Store(to + i);
            sum = s.TimesPlus(T.Load(c + i), sum);
        }
        return sum.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Delta<T>(float* from, float* to, float* decays, float decay, float rate, float value, float* k, float* q, int n)
        where T : struct, ISixteen<T>
    {
        T sum = T.Create(0), same = T.Create(decay);
        for (int i = 0; i < n; i += Step)
        {
            T d = decays == null ? same : T.Load(decays + i);
            sum = d.Times(T.Load(from + i)).TimesPlus(T.Load(k + i), sum);
        }
        T change = T.Create(rate * (value - sum.Sum()));
        sum = T.Create(0);
        for (int i = 0; i < n; i += Step)
        {
            T d = decays == null ? same : T.Load(decays + i);
            T s = change.TimesPlus(T.Load(k + i), d.Times(T.Load(from + i)));
            s.Store(to + i);
            sum = s.TimesPlus(T.Load(q + i), sum);
        }
        return sum.Sum();
    }
}
