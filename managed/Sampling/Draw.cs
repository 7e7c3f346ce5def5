namespace Realm.Sampling;

/// <summary>
/// The random numbers of one token. All come from the same 64 bits, so that a step which needs one of its own, turned on or off, does not
/// shift those of later tokens.
/// </summary>
/// <param name="bits">The next bits of the sequence's <see cref="RandomSource"/>.</param>
internal readonly struct Draw(ulong bits)
{
    /// <summary>What chooses the token: in [0, 1), one of 2^53 equally spaced.</summary>
    public double Uniform => ToDouble(bits);

    /// <summary>Another one, for a step.</summary>
    public double Second => ToDouble(RandomSource.Mix(bits + RandomSource.Increment));

    private static double ToDouble(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
