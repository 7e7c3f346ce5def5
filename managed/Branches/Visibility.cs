using System.Runtime.CompilerServices;

namespace Realm.Branches;

/// <summary>Which keys a query sees: those from <see cref="First"/> to before <see cref="End"/>, both rising with the query's position.</summary>
internal sealed class Visibility
{
    private readonly Kind _kind;
    private readonly int _size;

    private Visibility(Kind kind, int size = 0)
    {
        _kind = kind;
        _size = size;
    }

    private enum Kind
    {
        Causal,
        All,
        Window,
        SymmetricWindow,
        Chunk,
    }

    /// <summary>Its own position and all before it.</summary>
    public static Visibility Causal { get; } = new(Kind.Causal);

    /// <summary>The whole text, before and after.</summary>
    public static Visibility All { get; } = new(Kind.All);

    /// <summary>Its own position and the `size` - 1 before it. (Beltagy et al., 2020)</summary>
    public static Visibility Window(int size) => new(Kind.Window, size);

    /// <summary>`size` / 2 positions to either side of its own.</summary>
    public static Visibility SymmetricWindow(int size) => new(Kind.SymmetricWindow, size / 2);

    /// <summary>Its own position and those before it in the same chunk of `size` positions.</summary>
    public static Visibility Chunk(int size) => new(Kind.Chunk, size);

    /// <summary>Whether queries see what comes after them: then a pass must hold the whole text.</summary>
    public bool LooksAhead => _kind is Kind.All or Kind.SymmetricWindow;

    /// <summary>The first key that the query at `position` sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int First(int position) => _kind == Kind.Causal ? 0 : FirstOfOther(position);

    /// <summary>The end of the keys that the query at `position` sees, in a text that is `length` positions long so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int End(int position, int length) => !LooksAhead ? position + 1
        : _kind == Kind.All ? length
        : Math.Min(length, position + _size + 1);

    private int FirstOfOther(int position) => _kind switch
    {
        Kind.Window => Math.Max(0, position - _size + 1),
        Kind.SymmetricWindow => Math.Max(0, position - _size),
        Kind.Chunk => position / _size * _size,
        _ => 0,
    };
}
