namespace Realm.Generation;

/// <summary>Any exception as one with a code.</summary>
internal static class RealmFailure
{
    // Made while there is memory.
    private static readonly RealmException _outOfMemory = new(ErrorCode.OutOfMemory, "not enough memory");

    /// <summary>Itself if it has a code; that of memory, or of sizes that no number holds; else a defect, with the exception's name.</summary>
    public static RealmException Of(Exception e) => e switch
    {
        RealmException known => known,
        OutOfMemoryException => _outOfMemory,
        // Sizes are computed checked: what does not fit came from numbers of a file or a request.
        OverflowException => new RealmException(ErrorCode.Limit, "a size that follows from the numbers of the file or the request is too large to be computed"),
        _ => new RealmException(ErrorCode.Internal, $"a defect of the engine: {e.GetType().Name}: {e.Message}"),
    };
}
