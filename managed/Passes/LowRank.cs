namespace Realm.Passes;

/// <summary>A change of a linear map, y += s · B·(A·x), with far fewer weights than the map has. (Hu et al., 2021) A sequence says how
/// strong each adapter is: s is that times `scale`.</summary>
/// <param name="Adapter">Which of the model's adapters it belongs to.</param>
/// <param name="Scale">The adapter's own factor.</param>
/// <param name="A">(rank, inputs).</param>
/// <param name="B">(outputs, rank).</param>
internal sealed record LowRank(int Adapter, float Scale, Linear A, Linear B);
