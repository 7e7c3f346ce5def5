using System.Runtime.Intrinsics;

namespace Realm.Passes;

/// <summary>Where results go: rows so many numbers apart, to be stored or added, multiplied with a scale.</summary>
internal readonly unsafe struct Target(float* rows, long stride, bool add = false, float scale = 1f)
{
    public float* Rows => rows;

    public long Stride => stride;

    /// <summary>Add to what is there.</summary>
    public bool Add => add;

    /// <summary>What results are multiplied with before.</summary>
    public float Scale => scale;

    public float* this[int row] => rows + row * stride;

    /// <summary>The same place, added to.</summary>
    public Target Added => new(rows, stride, true, scale);

    /// <summary>The same place, results multiplied with `factor` besides.</summary>
    public Target Times(float factor) => new(rows, stride, add, scale * factor);

    /// <summary>The same place, `columns` further right.</summary>
    public Target From(long columns) => new(rows + columns, stride, add, scale);

    /// <summary>Puts a finished row of `n` numbers in.</summary>
    public void Put(int row, float* values, int n)
    {
        float* to = this[row];
        Vector256<float> s = Vector256.Create(scale);
        int i = 0;
        if (add)
        {
            for (; i <= n - 8; i += 8)
                (Vector256.Load(to + i) + Vector256.Load(values + i) * s).Store(to + i);
            for (; i < n; i++)
                to[i] += values[i] * scale;
        }
        else
        {
            for (; i <= n - 8; i += 8)
                (Vector256.Load(values + i) * s).Store(to + i);
            for (; i < n; i++)
                to[i] = values[i] * scale;
        }
    }

    public static implicit operator Target(RowBuffer buffer) => new(buffer.Memory, buffer.Floats);
}
