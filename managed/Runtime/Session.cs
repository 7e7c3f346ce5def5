using Realm.State;

namespace Realm.Runtime;

/// <summary>One sequence: what a model remembers of the tokens it has seen.</summary>
public sealed class Session : IDisposable
{
    internal Session(SequenceState state) => State = state;

    internal SequenceState State { get; }

    /// <summary>Positions held by all layers.</summary>
    public int Length { get; internal set; }

    /// <summary>Makes the model's adapters so strong, one number each, 0 for one that is not wanted. Before the first token.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: another count, not finite, or not the beginning.</exception>
    public void SetAdapters(ReadOnlySpan<float> strengths)
    {
        CheckAdapters(strengths, State.AdapterStrengths?.Length ?? 0);
        if (Length > 0)
            throw new RealmException(ErrorCode.InvalidArgument, $"adapters can't change after {Length} tokens: what the session holds was computed with others");
        State.AdapterStrengths = strengths.ToArray();
    }

    internal static void CheckAdapters(ReadOnlySpan<float> strengths, int count)
    {
        if (strengths.Length != count)
            throw new RealmException(ErrorCode.InvalidArgument, $"{strengths.Length} scales of adapters, the model has {count} adapters");
        foreach (float strength in strengths)
        {
            if (!float.IsFinite(strength))
                throw new RealmException(ErrorCode.InvalidArgument, $"an adapter's scale is {strength}, which is not finite");
        }
    }

    /// <summary>Makes room for so many positions more, which the next pass would else do.</summary>
    /// <exception cref="RealmException">E_CONTEXT_FULL, E_OUT_OF_MEMORY.</exception>
    internal void Reserve(int count) => State.Reserve(Length, count);

    /// <summary>Whether positions from `length` on can be forgotten: a network with a recurrent state can only forget all of them.</summary>
    public bool CanTruncate(int length) => State.CanTruncate(length);

    /// <summary>Forgets all positions from `length` on.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: not that long, or <see cref="CanTruncate"/> says no.</exception>
    public void Truncate(int length)
    {
        if (length < 0 || length > Length)
            throw new RealmException(ErrorCode.InvalidArgument, $"cannot truncate a session of {Length} positions to {length}");
        if (!State.CanTruncate(length))
            throw new RealmException(ErrorCode.InvalidArgument, $"cannot truncate to {length}: the recurrent state of {Length} positions can't be cut, only begun anew");
        State.Truncate(length);
        Length = length;
    }

    /// <summary>Forgets the positions from `length` on, or, where these can't be cut off, all of them.</summary>
    internal void CutTo(int length)
    {
        if (length < Length)
            Truncate(State.CanTruncate(length) ? length : 0);
    }

    /// <summary>The same sequence once more; memory is shared until one of the two changes it.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public Session Fork() => new(State.Fork()) { Length = Length };

    /// <summary>Frees the memory.</summary>
    public void Dispose() => State.Dispose();
}
