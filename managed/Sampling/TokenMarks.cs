using System.Runtime.InteropServices;

namespace Realm.Sampling;

/// <summary>A number for each token of the vocabulary, 0 but while a step is at work; and a list as long as a text. Used by one thread at a time.</summary>
internal sealed unsafe class TokenMarks : IDisposable
{
    private readonly int _vocabulary;
    private int* _marks;
    private int* _list;
    private int _room;

    /// <summary>Marks for a vocabulary of this size, all 0.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public TokenMarks(int vocabulary)
    {
        _vocabulary = vocabulary;
        try
        {
            _marks = (int*)NativeMemory.AllocZeroed((nuint)vocabulary, sizeof(int));
        }
        catch (OutOfMemoryException)
        {
            throw new RealmException(ErrorCode.OutOfMemory, $"no memory for sampling: {(long)vocabulary * sizeof(int)} bytes");
        }
    }

    ~TokenMarks() => Free();

    /// <summary>The number of a token; of what is none, 0.</summary>
    public int Of(int token) => (uint)token < (uint)_vocabulary ? _marks[token] : 0;

    /// <summary>Gives a token a number. What is no token is passed over.</summary>
    public void Set(int token, int mark)
    {
        if ((uint)token < (uint)_vocabulary)
        {
            _marks[token] = mark;
        }
    }

    /// <summary>Forgets the numbers of these tokens.</summary>
    public void Clear(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            Set(token, 0);
        }
    }

    /// <summary>Room for so many numbers; what is in it does not matter.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public Span<int> List(int count)
    {
        if (count > _room)
        {
            int room = Math.Max(count, (int)Math.Min(2L * _room, int.MaxValue));
            try
            {
                _list = (int*)NativeMemory.Realloc(_list, (nuint)room * sizeof(int));
            }
            catch (OutOfMemoryException)
            {
                throw new RealmException(ErrorCode.OutOfMemory, $"no memory for sampling: {(long)room * sizeof(int)} bytes");
            }
            _room = room;
        }
        return new Span<int>(_list, count);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_marks);
        NativeMemory.Free(_list);
        _marks = _list = null;
        _room = 0;
    }
}
