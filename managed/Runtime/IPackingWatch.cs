namespace Realm.Runtime;

/// <summary>Whoever waits for weights to be packed. Asked and told by any thread that packs.</summary>
internal interface IPackingWatch
{
    /// <summary>Nobody wants the weights any more: packing ends between two portions of some megabytes.</summary>
    bool IsUnwanted { get; }

    /// <summary>So many bytes of the tensors' are ready to be used.</summary>
    void Packed(long done, long total);
}
