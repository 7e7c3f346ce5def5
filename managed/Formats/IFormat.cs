namespace Realm.Formats;

/// <summary>
/// A weight format that is packed for a kernel family: joined with the layout it becomes (an <see cref="Kernels.IGemm"/>) in the table of
/// <see cref="Formats"/>.
/// </summary>
internal unsafe interface IFormat<TSelf> : IBlock<TSelf> where TSelf : unmanaged, IFormat<TSelf>
{
    /// <summary>Puts a block of each of 16 rows, of which `block` is the first row's, into a packed block. The same bytes, other order.</summary>
    static abstract void Pack(TSelf* block, BlockRows rows, byte* packed);
}
