namespace Realm.Kernels.Emitted;

/// <summary>With what a format writes the code for its scales (<see cref="ITableTile.WriteScale"/>): the block's address, the register that gets the
/// scales of 16 rows, two to change, and the conversion of halves.</summary>
internal readonly record struct ScaleCode(Assembler Assembler, Register Block, Zmm To, Zmm First, Zmm Second, HalfToSingle Half)
{
    /// <summary>Memory of the block.</summary>
    public Operand At(int offset) => Operand.At(Block, offset);
}
