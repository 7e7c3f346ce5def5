using Realm.Branches;
using Realm.Kernels;
using Realm.Kernels.Functions;
using Realm.Passes;
using Realm.State;
using System.Runtime.Intrinsics;

namespace Realm.Blocks;

/// <summary>The norms of an n-gram memory, each of all streams, every stream for itself.</summary>
internal sealed record NgramNorms(Norm Key, Norm Query, Norm Conv);

/// <summary>
/// Embeddings of the last tokens are added to several residual streams: v = g · (V·e), x += v + conv(norm(v)). The gate of a stream is a sigmoid of
/// sign(s) · sqrt(|s|), s the normed key K·e times the normed stream, over the root of the width. (Cheng et al., 2026)
/// </summary>
/// <param name="table">Embeddings of the last tokens.</param>
/// <param name="before">The tokens before the next, the oldest first.</param>
/// <param name="key">K, to all streams.</param>
/// <param name="value">V, to one.</param>
/// <param name="norms">Norms.</param>
/// <param name="conv">Over positions, of all streams' numbers.</param>
internal sealed unsafe class NgramMemory(NgramTable table, FixedSlot before, Linear key, Linear value, NgramNorms norms, CausalConv conv) : Block
{
    // No less than this goes into the root.
    private const float LeastScore = 1e-6f;

    private readonly Matrices _projections = new(key, value);
    private RowBuffer _embedded = null!;
    private RowBuffer _projected = null!;
    private RowBuffer _values = null!;
    private RowBuffer _convolved = null!;
    private SourceBuffer _source = null!;

    /// <summary>Numbers that a sequence remembers.</summary>
    public static long StateFloats(NgramTable table) => table.Longest - 1;

    // The token's number stands behind all streams.
    private int All => key.Outputs;

    public override void Ask(Needs needs)
    {
        needs.Product(_projections);
        _embedded = needs.Rows(table.Width);
        _projected = needs.Rows(_projections.Outputs);
        _values = needs.Rows(All);
        _convolved = needs.Rows(All);
        _source = needs.Source(_projections.Layouts, table.Width);
    }

    public override void Forward(in Step step)
    {
        (int first, int last) = step.Share(step.Count);
        LookUp(step, first, last);                                                      // (rows, embeddings)
        step.Barrier();
        step.Project(_projections, step.Load(_embedded, _source), _projected);          // (rows, key + value)
        step.Barrier();
        for (int row = first; row < last; row++)
        {
            float* projected = _projected.Row(row), values = _values.Row(row);
            Gate(step.Stream[row], projected, projected + All, values);
            norms.Conv.Compute(values, projected);
        }
        step.Barrier();
        conv.Forward(step, _projected.View, _convolved.View);                           // (rows, streams · width)
        for (int row = first; row < last; row++)
        {
            float* x = step.Stream[row], values = _values.Row(row), convolved = _convolved.Row(row);
            for (int i = 0; i < All; i++)
                x[i] += values[i] + convolved[i];
        }
        step.Barrier();
    }

    // values (streams, width) = gate of each stream · value.
    private void Gate(float* x, float* keys, float* one, float* values)
    {
        int width = value.Outputs;
        norms.Key.Apply(keys);
        norms.Query.Compute(x, values);
        float scale = 1f / MathF.Sqrt(width);
        for (int at = 0; at < All; at += width)
        {
            for (int i = at; i < at + width; i++)
                values[i] *= keys[i];
            float score = LayerNorm.Sum(values + at, width) * scale;
            float root = MathF.Sqrt(MathF.Max(MathF.Abs(score), LeastScore));
            root = score > 0 ? root : score < 0 ? -root : 0;
            float gate = Sigmoid.Compute(Vector256.CreateScalar(root)).ToScalar();
            for (int i = 0; i < width; i++)
                values[at + i] = one[i] * gate;
        }
    }

    // The embeddings of this thread's rows; one thread writes what the sequences remember.
    private void LookUp(in Step step, int first, int last)
    {
        uint* window = stackalloc uint[table.Longest];
        foreach (ref readonly Segment segment in step.Rows.Segments)
        {
            int from = Math.Max(first, segment.First), to = Math.Min(last, segment.First + segment.Count);
            for (int row = from; row < to; row++)
            {
                for (int back = 0; back < table.Longest; back++)
                    window[back] = Token(step, segment, row - segment.First - back);
                table.Cut(window);
                try
                {
                    table.Read(window, _embedded.Row(row));
                }
                catch (RealmException e)
                {
                    step.Scratch.Failure = e;
                }
            }
            for (int i = 1; i < table.Longest && step.Thread == 0; i++)
                segment.State.Next(before)[table.Longest - 1 - i] = Token(step, segment, segment.Count - i);
        }
    }

    // Token `i` of the segment; before it those that the sequence remembers.
    private uint Token(in Step step, in Segment segment, int i)
    {
        if (i < 0 && segment.State.IsEmpty(before))
            return table.End;
        float token = i >= 0 ? step.Stream[segment.First + i][All] : segment.State.Current(before)[table.Longest - 1 + i];
        // Rows may come from outside.
        return token is >= 0 and < 1 << 24 ? (uint)token : table.End;
    }
}
