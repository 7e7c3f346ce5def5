namespace Realm.Generation;

/// <summary>Items appended at the end and taken from the front. Grows when it must, which in a steady stream is never.</summary>
internal sealed class SlidingBuffer<T>(int capacity)
    where T : unmanaged
{
    private T[] _items = new T[capacity];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlySpan<T> Span => _items.AsSpan(_start, _end - _start);

    public void Append(in T item) => Append(new ReadOnlySpan<T>(in item));

    public void Append(ReadOnlySpan<T> items)
    {
        if (items.Length > _items.Length - _end)
        {
            MakeRoom(items.Length);
        }
        items.CopyTo(_items.AsSpan(_end));
        _end += items.Length;
    }

    /// <summary>Forgets items at the front.</summary>
    public void Skip(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
    }

    /// <summary>Forgets what is behind the first <paramref name="length"/> items.</summary>
    public void Truncate(int length) => _end = _start + length;

    private void MakeRoom(int more)
    {
        T[] to = _items;
        if ((long)Length + more > to.Length)
        {
            to = new T[Math.Max(checked(Length + more), (int)Math.Min(2L * to.Length, Array.MaxLength))];
        }
        Span.CopyTo(to);
        _items = to;
        _end -= _start;
        _start = 0;
    }
}
