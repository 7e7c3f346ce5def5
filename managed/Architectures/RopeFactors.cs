namespace Realm.Architectures;

/// <summary>Divisors of the frequencies of rotary position embedding, one a pair.</summary>
/// <param name="Usual">For texts up to the original context; null: none.</param>
/// <param name="Long">For texts that may become longer (LongRoPE: Ding et al., 2024); null: as usual.</param>
internal sealed record RopeFactors(float[]? Usual, float[]? Long);
