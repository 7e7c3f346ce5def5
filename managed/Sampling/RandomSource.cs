using System.Numerics;

namespace Realm.Sampling;

/// <summary>
/// The random numbers of one generation: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2018), its 256 bits of state filled from the seed by splitmix64, as its authors advise.
/// Our own, because System.Random promises no sequence across .NET versions.
/// </summary>
public sealed class RandomSource
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>A sequence that the seed alone decides.</summary>
    public RandomSource(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number in [0, 1), one of 2^53 equally spaced.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>What splitmix64 counts by.</summary>
    internal const ulong Increment = 0x9E3779B97F4A7C15;

    private static ulong SplitMix(ref ulong state)
    {
        state += Increment;
        return Mix(state);
    }

    /// <summary>The bits that splitmix64 gives for a state.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
