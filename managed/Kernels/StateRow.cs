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

    /// <summary>A row of s = decays·s + input·k, with a decay for each of its numbers; returns s·q, or, with a bonus, what s was, plus input·bonus, times q.
    /// (Peng et al., 2024) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float DecayEach(float* from, float* to, float* decays, float input, float* k, float* bonus, float* q, int n) =>
        Vector512.IsHardwareAccelerated
            ? DecayEach<WideSixteen>(from, to, decays, input, k, bonus, q, n)
            : DecayEach<NarrowSixteen>(from, to, decays, input, k, bonus, q, n);

    /// <summary>A row by the delta rule in general: s = decays·s + input·k + (s·a)·b; returns s·q. (Peng et al., 2025) `n` is a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float DeltaEach(float* from, float* to, float* decays, float input, float* k, float* a, float* b, float* q, int n) =>
        Vector512.IsHardwareAccelerated
            ? DeltaEach<WideSixteen>(from, to, decays, input, k, a, b, q, n)
            : DeltaEach<NarrowSixteen>(from, to, decays, input, k, a, b, q, n);

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float DecayEach<T>(float* from, float* to, float* decays, float input, float* k, float* bonus, float* q, int n)
        where T : struct, ISixteen<T>
    {
        T sum = T.Create(0), x = T.Create(input);
        for (int i = 0; i < n; i += Step)
        {
            T before = T.Load(from + i), s = x.TimesPlus(T.Load(k + i), T.Load(decays + i).Times(before));
            s.Store(to + i);
            sum = (bonus == null ? s : x.TimesPlus(T.Load(bonus + i), before)).TimesPlus(T.Load(q + i), sum);
        }
        return sum.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float DeltaEach<T>(float* from, float* to, float* decays, float input, float* k, float* a, float* b, float* q, int n)
        where T : struct, ISixteen<T>
    {
        T sum = T.Create(0), x = T.Create(input);
        for (int i = 0; i < n; i += Step)
            sum = T.Load(from + i).TimesPlus(T.Load(a + i), sum);
        T change = T.Create(sum.Sum());
        sum = T.Create(0);
        for (int i = 0; i < n; i += Step)
        {
            T s = change.TimesPlus(T.Load(b + i), x.TimesPlus(T.Load(k + i), T.Load(decays + i).Times(T.Load(from + i))));
            s.Store(to + i);
            sum = s.TimesPlus(T.Load(q + i), sum);
        }
        return sum.Sum();
    }
}
