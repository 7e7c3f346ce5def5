namespace Realm.Blocks;

/// <summary>x += the vector of the row's position, of a table (positions, width). (Vaswani et al., 2017; Radford et al., 2019)</summary>
internal sealed unsafe class LearnedPositions(float* table, int width) : RowBlock
{
    protected override void Apply(float* row, int position)
    {
        float* vector = table + (long)position * width;
        for (int i = 0; i < width; i++)
            row[i] += vector[i];
    }
}
