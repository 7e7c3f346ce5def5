namespace Realm.Generation;

/// <summary>Why a generation ended. The numbers are those of realm.h.</summary>
public enum FinishReason
{
    /// <summary>It has not ended, or it failed.</summary>
    None = 0,

    /// <summary>The model ended it (end-of-generation token), or a stop string did.</summary>
    Stop = 1,

    /// <summary>As many tokens as asked for, or the context is full.</summary>
    Length = 2,

    /// <summary>It was cancelled, or its model was closed.</summary>
    Cancelled = 3,
}
