namespace Realm.Kernels.Emitted;

/// <summary>Where a format in groups of 16 (<see cref="IGroupTile"/>) writes its code, and with which registers: weights come apart into two,
/// two may be changed, two hold the format's constants.</summary>
internal readonly record struct GroupCode(
    Assembler Assembler, Register Block, Zmm First, Zmm Second, Zmm Temporary, Zmm Other, Zmm Low, Zmm High)
{
    /// <summary>The memory at that offset in the block.</summary>
    public Operand At(int offset) => Operand.At(Block, offset);

    /// <summary>32-bit lanes shifted right, or left by a negative count. Good for bytes too, where a mask follows that keeps none of the bits
    /// that come from a neighbour.</summary>
    public void ShiftRight(Zmm to, Operand from, int count)
    {
        if (count > 0)
            Assembler.Vpsrld(to, from, count);
        else if (count < 0)
            Assembler.Vpslld(to, from, -count);
        else if (from != to)
            Assembler.Vmovdqu32(to, from);
    }
}
