namespace Realm.Generation;

/// <summary>How a session works. A new option stands here, in <c>Abi/SessionOptionTable.cs</c>, and in the package's table.</summary>
public sealed record SessionOptions
{
    /// <summary>What is done when the context is full; null: the generation ends.</summary>
    public ContextShift? Shift { get; set; }

    /// <summary>How strong each of the model's adapters is, unless a generation says otherwise; null: as they were opened.</summary>
    public float[]? AdapterScales { get; set; }
}
