namespace Realm.Blocks;

/// <summary>
/// A part of a row behind the hidden state and as wide: what later layers need of the token and no session remembers. Part 0 is the
/// hidden state itself. </summary>
internal sealed unsafe class CarriedPart(int part, int width)
{
    /// <summary>The part becomes the hidden state.</summary>
    public Block Keep() => new Copying(part, width);

    /// <summary>The part becomes the given vector.</summary>
    public Block Fill(float* values) => new Filling(part, width, values);

    /// <summary>The hidden state becomes the sum of this and another part.</summary>
    public Block Sum(CarriedPart other) => new Summing(part, other.Number, width);

    /// <summary>The hidden state += scale · part: a connection past all layers between.</summary>
    public Block Add(float scale) => new Adding(part, width, scale);

    private int Number => part;

    private sealed class Copying(int part, int width) : RowBlock
    {
        protected override void Apply(float* row, int position) =>
            new ReadOnlySpan<float>(row, width).CopyTo(new Span<float>(row + (long)part * width, width));
    }

    private sealed class Filling(int part, int width, float* values) : RowBlock
    {
        protected override void Apply(float* row, int position) =>
            new ReadOnlySpan<float>(values, width).CopyTo(new Span<float>(row + (long)part * width, width));
    }

    private sealed class Summing(int a, int b, int width) : RowBlock
    {
        protected override void Apply(float* row, int position)
        {
            float* x = row + (long)a * width, y = row + (long)b * width;
            for (int i = 0; i < width; i++)
                row[i] = x[i] + y[i];
        }
    }

    private sealed class Adding(int part, int width, float scale) : RowBlock
    {
        protected override void Apply(float* row, int position)
        {
            float* carried = row + (long)part * width;
            for (int i = 0; i < width; i++)
                row[i] += carried[i] * scale;
        }
    }
}
