namespace Realm.Blocks;

/// <summary>x += a vector that is the same for all rows: what kind of text this is. (Devlin et al., 2019)</summary>
internal sealed unsafe class AddedVector(float* vector, int width) : RowBlock
{
    protected override void Apply(float* row, int position)
    {
        for (int i = 0; i < width; i++)
            row[i] += vector[i];
    }
}
