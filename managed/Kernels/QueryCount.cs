using System.Runtime.CompilerServices;

namespace Realm.Kernels;

/// <summary>How many queries a loop of attention has at once: a constant in it, so that queries that are not there cost nothing.</summary>
internal interface IQueryCount
{
    static abstract int Value { get; }
}

/// <summary>One query.</summary>
internal readonly struct OneQuery : IQueryCount
{
    public static int Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }
}

/// <summary>Two queries.</summary>
internal readonly struct TwoQueries : IQueryCount
{
    public static int Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2;
    }
}

/// <summary>Three queries.</summary>
internal readonly struct ThreeQueries : IQueryCount
{
    public static int Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 3;
    }
}

/// <summary>Four queries.</summary>
internal readonly struct FourQueries : IQueryCount
{
    public static int Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }
}
