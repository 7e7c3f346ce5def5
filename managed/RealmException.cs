namespace Realm;

/// <summary>
/// What can go wrong, as seen by users: the numbers cross the C ABI (realm.h lists the same ones),
/// the names, prefixed with <c>E_</c>, are the <c>code</c> of the JavaScript <c>RealmError</c>.
/// Numbers are never reused.
/// </summary>
public enum ErrorCode
{
    /// <summary>Success; never thrown.</summary>
    Ok = 0,
    /// <summary>An argument is of the wrong type or out of range.</summary>
    InvalidArgument = 1,
    /// <summary>A token id is not in the model's vocabulary.</summary>
    InvalidToken = 2,
    /// <summary>The operating system refused to open or read a file.</summary>
    Io = 3,
    /// <summary>The path names something that is not a regular file.</summary>
    NotRegular = 4,
    /// <summary>The bytes are not a GGUF file.</summary>
    NotGguf = 5,
    /// <summary>A GGUF file of a version this engine does not read.</summary>
    Version = 6,
    /// <summary>A GGUF file written on a big-endian machine.</summary>
    Endian = 7,
    /// <summary>The file ends before what it declares.</summary>
    Truncated = 8,
    /// <summary>A count or a length is larger than this engine accepts.</summary>
    Limit = 9,
    /// <summary>A metadata key or a tensor name is malformed.</summary>
    Key = 10,
    /// <summary>A key or a tensor is declared twice.</summary>
    Duplicate = 11,
    /// <summary>A metadata value has the wrong type.</summary>
    Type = 12,
    /// <summary>An array of arrays, which GGUF does not use.</summary>
    Nested = 13,
    /// <summary><c>general.alignment</c> is not a power of two in range.</summary>
    Align = 14,
    /// <summary>A required metadata key is absent.</summary>
    MissingKey = 15,
    /// <summary>A metadata value does not fit where it is used.</summary>
    Range = 16,
    /// <summary>A hyper-parameter is impossible or contradicts another.</summary>
    Hparam = 17,
    /// <summary>A tensor's bytes lie outside the file.</summary>
    Bounds = 18,
    /// <summary>Two tensors share bytes.</summary>
    Overlap = 19,
    /// <summary>A tensor's offset is not aligned.</summary>
    Offset = 20,
    /// <summary>A tensor's shape is impossible or not the one the architecture needs.</summary>
    Shape = 21,
    /// <summary>A tensor that the architecture needs is absent.</summary>
    MissingTensor = 22,
    /// <summary>An architecture, weight format or tokenizer this engine does not have.</summary>
    Unsupported = 23,
    /// <summary>The vocabulary is missing or contradicts itself.</summary>
    Vocab = 24,
    /// <summary>The parts of a split file do not fit together.</summary>
    Split = 25,
    /// <summary>No model has that id.</summary>
    ModelNotFound = 26,
    /// <summary>The model id is taken by another model.</summary>
    ModelExists = 27,
    /// <summary>The model was closed.</summary>
    ModelClosed = 28,
    /// <summary>The model has no tensor of that name.</summary>
    TensorNotFound = 29,
    /// <summary>The position leaves a gap in the key/value cache.</summary>
    CacheGap = 30,
    /// <summary>The context window is full.</summary>
    ContextFull = 31,
    /// <summary>Not enough memory.</summary>
    OutOfMemory = 32,
    /// <summary>The work was cancelled.</summary>
    Cancelled = 33,
    /// <summary>The logits are not finite, so no token can be chosen.</summary>
    Numeric = 34,
    /// <summary>The engine is shutting down.</summary>
    Shutdown = 35,
    /// <summary>A defect of this engine.</summary>
    Internal = 36,
    /// <summary>Too much work waits already.</summary>
    Busy = 37,
    /// <summary>The time given for the work is over.</summary>
    Timeout = 38,
    /// <summary>The engine has not what it needs of the system: a thread, say.</summary>
    Engine = 39,
    /// <summary>The file holds no session, a damaged one, or one of another model.</summary>
    SessionFile = 40,
}

/// <summary>Every failure of the engine: a stable code, and a message that says what was expected, what came, and where.</summary>
public class RealmException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>The stable code.</summary>
    public ErrorCode Code { get; } = code;
}

/// <summary>Names of error codes.</summary>
internal static class ErrorCodes
{
    /// <summary>As JavaScript has it: <c>E_MISSING_TENSOR</c>.</summary>
    public static string Name(this ErrorCode code) =>
        "E" + string.Concat(code.ToString().Select(letter => char.IsUpper(letter) ? $"_{letter}" : char.ToUpperInvariant(letter).ToString()));
}
