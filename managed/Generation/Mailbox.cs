namespace Realm.Generation;

/// <summary>
/// What an engine thread puts in and a reader takes out: records, the text that goes with them, and a <c>notify</c> when there is
/// something new (not again before the reader has looked). It is bounded: <see cref="IsFull"/> asks whoever fills it to wait. It grows
/// with what is put in, so that the many jobs that wait cost little. All members but <see cref="Gate"/> are used under the gate.
/// </summary>
internal sealed unsafe class Mailbox(delegate* unmanaged<void*, void> notify, void* user)
{
    private const int TextLimit = 32 << 10;
    private const int RecordLimit = 4096;
    private const int FirstText = 512;
    private const int FirstRecords = 32;

    private readonly SlidingBuffer<byte> _text = new(FirstText);
    private readonly SlidingBuffer<TokenRecord> _records = new(FirstRecords);
    private readonly SlidingBuffer<TopToken> _tops = new(0);
    private uint _textEnd;
    private bool _notified;

    /// <summary>Guards the box, and whatever else both sides touch.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The reader is gone: <c>notify</c> is not called any more, and what is put in is dropped.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Nothing is left to take.</summary>
    public bool IsEmpty => _text.Length == 0 && _records.Length == 0;

    /// <summary>The reader is behind. What one pass brings may still be put in.</summary>
    public bool IsFull => !IsClosed && (_records.Length >= RecordLimit || _text.Length >= TextLimit);

    /// <summary>Puts in a token, the text that is ready with it, and the likeliest tokens of its place.</summary>
    /// <param name="record">Of which the end of the text and the number of tops are still to be set.</param>
    /// <param name="tops">Likeliest first.</param>
    /// <param name="text">Whole characters.</param>
    public void Post(in TokenRecord record, ReadOnlySpan<TopToken> tops, ReadOnlySpan<byte> text)
    {
        if (IsClosed)
        {
            return;
        }
        _records.Append(record with { TextEnd = _textEnd + (uint)text.Length, TopCount = (uint)tops.Length });
        _tops.Append(tops);
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
        _textEnd += (uint)text.Length;
        if (!_notified && notify != null)
        {
            _notified = true;
            notify(user);
        }
    }

    /// <summary>Takes what is new: as many whole characters as fit, and as many records as fit with their tops.</summary>
    public MailboxTake Take(Span<byte> text, Span<TokenRecord> records, Span<TopToken> tops)
    {
        int length = WholeCharacters(_text.Span, text.Length);
        _text.Span[..length].CopyTo(text);
        _text.Skip(length);
        int count = 0, topCount = 0;
        foreach (ref readonly TokenRecord record in _records.Span)
        {
            if (count == records.Length || topCount + (int)record.TopCount > tops.Length)
            {
                break;
            }
            records[count++] = record;
            topCount += (int)record.TopCount;
        }
        _records.Skip(count);
        _tops.Span[..topCount].CopyTo(tops);
        _tops.Skip(topCount);
        _notified = false;
        return new MailboxTake(length, count, topCount);
    }

    /// <summary>The reader is gone.</summary>
    public void Close() => IsClosed = true;

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

/// <summary>What was taken out of a <see cref="Mailbox"/>.</summary>
/// <param name="Text">Bytes.</param>
/// <param name="Records">Tokens.</param>
/// <param name="Tops">Likeliest tokens of all of them together.</param>
internal readonly record struct MailboxTake(int Text, int Records, int Tops);
