namespace Realm.Generation;

/// <summary>How logits or log probabilities of a text are computed. A new option stands here, in <c>Abi/ComputeOptionTables.cs</c>, and in
/// the package's table.</summary>
public sealed record LogitsOptions
{
    /// <summary>How strong each of the model's adapters is for this text; null: as they were opened.</summary>
    public float[]? AdapterScales { get; set; }

    /// <summary>Of each place, how many of the most probable tokens are told with the score.</summary>
    public int Tops { get; set; }
}
