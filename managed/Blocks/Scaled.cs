namespace Realm.Blocks;

/// <summary>x = scale · x.</summary>
internal sealed unsafe class Scaled(float scale, int width) : RowBlock
{
    protected override void Apply(float* row, int position)
    {
        for (int i = 0; i < width; i++)
            row[i] *= scale;
    }
}
