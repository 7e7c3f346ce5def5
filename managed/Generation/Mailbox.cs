namespace Realm.Generation;

/// <summary>
/// What an engine thread puts in and a reader takes out: entries, the text that goes with them, and a <c>notify</c> when there is
/// something new (not again before the reader has looked). It is bounded: <see cref="IsFull"/> asks whoever fills it to wait. It grows
/// with what is put in, so that the many jobs that wait cost little. All members but <see cref="Gate"/> are used under the gate.
/// </summary>
internal sealed unsafe class Mailbox(delegate* unmanaged<void*, void> notify, void* user)
{
    private const int TextLimit = 32 << 10;
    private const int EntryLimit = 4096;
    private const int FirstText = 512;
    private const int FirstEntries = 64;

    private readonly ByteBuffer _text = new(FirstText);
    private uint[] _entries = new uint[FirstEntries];
    private int _start;
    private int _end;
    private bool _notified;

    /// <summary>Guards the box, and whatever else both sides touch.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The reader is gone: <c>notify</c> is not called any more, and what is put in is dropped.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Nothing is left to take.</summary>
    public bool IsEmpty => _text.Length == 0 && _start == _end;

    /// <summary>The reader is behind. What one pass brings may still be put in.</summary>
    public bool IsFull => !IsClosed && (_end - _start >= EntryLimit || _text.Length >= TextLimit);

    /// <summary>Puts in an entry and the text that is ready with it.</summary>
    public void Post(uint entry, ReadOnlySpan<byte> text)
    {
        if (IsClosed)
        {
            return;
        }
        if (_end == _entries.Length)
        {
            MakeRoom();
        }
        _entries[_end++] = entry;
        Post(text);
    }

    /// <summary>Puts in text, perhaps none: there is news.</summary>
    public void Post(ReadOnlySpan<byte> text)
    {
        if (IsClosed)
        {
            return;
        }
        _text.Append(text);
        if (!_notified && notify != null)
        {
            _notified = true;
            notify(user);
        }
    }

    /// <summary>Takes what is new: as many whole characters and entries as fit.</summary>
    public (int Text, int Entries) Take(Span<byte> text, Span<uint> entries)
    {
        int length = WholeCharacters(_text.Span, text.Length);
        _text.Span[..length].CopyTo(text);
        _text.Skip(length);
        int count = Math.Min(entries.Length, _end - _start);
        _entries.AsSpan(_start, count).CopyTo(entries);
        _start += count;
        _notified = false;
        return (length, count);
    }

    /// <summary>The reader is gone.</summary>
    public void Close() => IsClosed = true;

    private void MakeRoom()
    {
        uint[] to = _end - _start > _entries.Length / 2 ? new uint[2 * _entries.Length] : _entries;
        _entries.AsSpan(_start, _end - _start).CopyTo(to);
        _entries = to;
        _end -= _start;
        _start = 0;
    }

    /// <summary>Bytes of whole characters at the front of valid UTF-8, at most <paramref name="capacity"/>.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text, int capacity)
    {
        if (text.Length <= capacity)
        {
            return text.Length;
        }
        int length = capacity;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
        {
            length--;
        }
        return length;
    }
}
