using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>
/// The logits of a sequence's next token, while the caller changes them: the engine offers a row, the caller takes it and answers with another. Under the
/// mailbox's gate but for <see cref="Row"/>, which is the engine's once there is an answer.
/// </summary>
internal sealed unsafe class LogitsHandover(int vocabulary)
{
    private State _state;
    private float[] _row = [];

    private enum State
    {
        None,
        Offered,
        Taken,
        Answered,
    }

    /// <summary>Numbers that the caller has not seen yet.</summary>
    public int Offered => _state == State.Offered ? vocabulary : 0;

    /// <summary>The engine waits for the caller.</summary>
    public bool IsOpen => _state is State.Offered or State.Taken;

    /// <summary>The answer is there.</summary>
    public bool IsAnswered => _state == State.Answered;

    /// <summary>What the caller has answered, which samplers may write to.</summary>
    public float* Row => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_row));

    /// <summary>A row for the caller. It is copied: its place is the next pass'.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public void Offer(float* logits)
    {
        if (_row.Length == 0)
        {
            try
            {
                // Where it is it stays, and the collector knows of it.
                _row = GC.AllocateUninitializedArray<float>(vocabulary, pinned: true);
            }
            catch (OutOfMemoryException)
            {
                throw new RealmException(ErrorCode.OutOfMemory, $"no memory for logits to process: {(long)vocabulary * sizeof(float)} bytes");
            }
        }
        new ReadOnlySpan<float>(logits, vocabulary).CopyTo(_row);
        _state = State.Offered;
    }

    /// <summary>Gives the caller what is offered.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: nothing is, or there is no room for it.</exception>
    public void Take(Span<float> to)
    {
        if (_state != State.Offered)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the job has no logits to process");
        }
        CheckLength(to.Length);
        _row.CopyTo(to);
        _state = State.Taken;
    }

    /// <summary>The caller's answer. Minus infinity: the token is not chosen.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: nobody waits for it; another number of logits; one that is neither
    /// finite nor minus infinity, or none that is finite. Then he may answer once more.</exception>
    public void Answer(ReadOnlySpan<float> logits)
    {
        if (_state != State.Taken)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the job has no logits to process");
        }
        CheckLength(logits.Length);
        bool hasOne = false;
        for (int i = 0; i < logits.Length; i++)
        {
            float logit = logits[i];
            if (float.IsFinite(logit))
            {
                hasOne = true;
            }
            else if (!float.IsNegativeInfinity(logit))
            {
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"logitsProcessor: the logit of token {i} is {(float.IsNaN(logit) ? "not a number" : "infinite")}; it must be finite, or -Infinity");
            }
            _row[i] = LogitMask.Limit(logit);
        }
        if (!hasOne)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "logitsProcessor: every logit is -Infinity, so no token can be chosen");
        }
        _state = State.Answered;
    }

    /// <summary>The engine has used the answer.</summary>
    public void Close() => _state = State.None;

    private void CheckLength(int length)
    {
        if (length != vocabulary)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{length} logits, the vocabulary has {vocabulary}: logitsProcessor must leave the array as long as it is");
        }
    }
}
