using Realm.Kernels.Functions;
using Realm.Passes;
using System.Runtime.Intrinsics;

namespace Realm.Blocks;

/// <summary>How rows of the residual stream become logits: final norm, output head, and perhaps a scale and a cap, cap · tanh(logit /
/// cap).</summary>
/// <param name="norm">The final norm; null: none.</param>
/// <param name="head">From the hidden state to logits; null: there are none, only rows.</param>
/// <param name="scale">What logits are multiplied with.</param>
/// <param name="cap">The cap; null: none.</param>
/// <param name="mute">Tokens at the vocabulary's beginning that the head has no outputs for: they are read, and never chosen.</param>
/// <param name="width">Numbers of a row where there is no head.</param>
internal unsafe class Exit(Norm? norm, Linear? head, float scale = 1f, float? cap = null, int mute = 0, int width = 0) : IAsk
{
    private readonly Matrices? _head = head == null ? null : new(head);
    private SourceBuffer _source = null!;
    private RowBuffer _rows = null!;

    /// <summary>Whether there are logits.</summary>
    public bool HasHead => head != null;

    /// <summary>Logits of a row; 0: there are none.</summary>
    public int VocabSize => head == null ? 0 : mute + head.Outputs;

    /// <summary>Numbers of a row that the head reads.</summary>
    public int HiddenSize => head?.Weight.Columns ?? width;

    public virtual void Ask(Needs needs)
    {
        if (_head == null)
            return;
        _source = needs.Source(_head.Layouts, HiddenSize);
        _rows = needs.Rows(HiddenSize);
        needs.Product(_head);
    }

    /// <summary>Takes what counts out of the rows of the stream that `wanted` names: hidden (count, hidden size). Waits.</summary>
    protected virtual void Collect(in Step step, int* wanted, int count, RowView hidden)
    {
        (int first, int last) = step.Share(count);
        for (int i = first; i < last; i++)
            Collect(step.Stream[wanted[i]], hidden[i]);
        step.Barrier();
    }

    /// <summary>Takes what counts out of a row of the stream: here its first numbers, as they are.</summary>
    protected virtual void Collect(float* row, float* hidden) =>
        new ReadOnlySpan<float>(row, HiddenSize).CopyTo(new Span<float>(hidden, HiddenSize));

    /// <summary>What the head reads, (count, hidden size), of the rows of the stream that `wanted` names: behind the final norm.</summary>
    public void Hidden(in Step step, int* wanted, int count, float* hidden)
    {
        Collect(step, wanted, count, new RowView(hidden, HiddenSize));
        (int first, int last) = step.Share(count);
        for (int i = first; i < last; i++)
            norm?.Apply(hidden + (long)i * HiddenSize);
        step.Barrier();
    }

    /// <summary>Logits (count, vocabulary) of the rows of the stream that `wanted` names.</summary>
    public virtual void Logits(in Step step, int* wanted, int count, float* logits)
    {
        Collect(step, wanted, count, _rows.View);
        Source n = step.Read(_rows.View, count, norm, _source);
        step.Project(_head!, n, new Target(logits + mute, VocabSize, add: false, scale), wanted);      // (wanted, vocab)
        (int first, int last) = step.Share(count);
        for (int i = first; i < last && mute > 0; i++)
            new Span<float>(logits + (long)i * VocabSize, mute).Fill(float.NegativeInfinity);
        if (cap is not { } limit)
            return;
        step.Barrier();
        (first, last) = step.Share(count);
        for (int i = first; i < last; i++)
            Cap(logits + (long)i * VocabSize + mute, limit);
    }

    private void Cap(float* logits, float limit)
    {
        Vector256<float> c = Vector256.Create(limit), inverse = Vector256.Create(1f / limit);
        int i = 0;
        for (; i <= head!.Outputs - 8; i += 8)
            (c * Tanh.Compute(Vector256.Load(logits + i) * inverse)).Store(logits + i);
        for (; i < head.Outputs; i++)
            logits[i] = limit * Tanh.Compute(Vector256.CreateScalar(logits[i] / limit)).ToScalar();
    }
}
