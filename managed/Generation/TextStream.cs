using System.Buffers;
using System.Text;

namespace Realm.Generation;

/// <summary>
/// Makes text of the bytes of tokens, which may end anywhere inside a character. What <see cref="Ready"/> gives is always whole
/// characters, the same however the bytes were cut: an unfinished sequence waits for its rest; bytes that can be part of no character
/// become U+FFFD, as Unicode advises (one for each maximal part). Text that may turn out to be the beginning of a stop string waits
/// too; the first stop string to be complete ends the text before its first character. Stop strings see special tokens written out, which
/// the text leaves out: each as a whole, so that a letter of its name is none of the text.
/// </summary>
internal sealed class TextStream(byte[][] stops)
{
    /// <summary>The text has the byte.</summary>
    private const byte Shown = 1;
    /// <summary>It is the first, or the last, of a special token's written form, which is hidden.</summary>
    private const byte First = 2, Last = 4;

    private static readonly byte[] _replacement = [0xEF, 0xBF, 0xBD];

    private readonly SlidingBuffer<byte> _raw = new(64);     // not yet characters
    private readonly SlidingBuffer<byte> _text = new(256);   // characters, not yet taken: ready ones, then held ones
    private readonly SlidingBuffer<byte> _window = new(64);  // what may be the beginning of a stop string, hidden characters too
    private readonly SlidingBuffer<byte> _marks = new(64);   // of each byte of the window: what of it is shown or hidden
    private int _held;

    /// <summary>The stop string that ended the text, more bytes are ignored; null: none did.</summary>
    public byte[]? StoppedBy { get; private set; }

    /// <summary>Characters that no later byte can change. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Ready => _text.Span[..(_text.Length - _held)];

    /// <summary>Adds a token's bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _raw.Append(bytes);
        Decode(final: false);
    }

    /// <summary>A special token came, whose written form only stop strings see.</summary>
    public void AppendHidden(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length && StoppedBy == null && stops.Length > 0; i++)
        {
            Watch(bytes.Slice(i, 1), (byte)((i == 0 ? First : 0) | (i == bytes.Length - 1 ? Last : 0)));
        }
        Hold();
    }

    /// <summary>No more bytes will come: what waited is ready now.</summary>
    public void Finish()
    {
        Decode(final: true);
        _held = 0;
    }

    /// <summary>Forgets what <see cref="Ready"/> gave.</summary>
    public void TakeReady() => _text.Skip(_text.Length - _held);

    private void Decode(bool final)
    {
        while (StoppedBy == null && _raw.Length > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_raw.Span, out _, out int consumed);
            if (status == OperationStatus.NeedMoreData && !final)
            {
                break;
            }
            ReadOnlySpan<byte> character = status == OperationStatus.Done ? _raw.Span[..consumed] : _replacement;
            _text.Append(character);
            if (stops.Length > 0)
            {
                Watch(character, Shown);
            }
            _raw.Skip(consumed);
        }
        Hold();
    }

    /// <summary>Does what came end with a stop string now? Looked at after each character, so that the cut between tokens makes no
    /// difference.</summary>
    private void Watch(ReadOnlySpan<byte> character, byte mark)
    {
        _window.Append(character);
        foreach (byte _ in character)
        {
            _marks.Append(mark);
        }
        if ((mark & (Shown | Last)) == 0)
        {
            return;
        }
        byte[]? longest = null;
        foreach (byte[] stop in stops)
        {
            if (stop.Length > (longest?.Length ?? 0) && _window.Span.EndsWith(stop) && MayBegin(stop.Length))
            {
                longest = stop;
            }
        }
        if (longest != null)
        {
            _text.Truncate(_text.Length - CountShown(longest.Length));
            StoppedBy = longest;
        }
    }

    /// <summary>Of the last bytes of the window, those that the text has.</summary>
    private int CountShown(int last) => _marks.Span[^last..].Count(Shown);

    /// <summary>Whether the last bytes of the window begin outside of a hidden token, or with one.</summary>
    private bool MayBegin(int last) => (_marks.Span[^last] & (Shown | First)) != 0;

    /// <summary>Keeps back what may be the beginning of a stop string.</summary>
    private void Hold()
    {
        if (StoppedBy != null || stops.Length == 0)
        {
            _held = 0;
            return;
        }
        int length = LongestBeginning();
        _window.Skip(_window.Length - length);
        _marks.Skip(_marks.Length - length);
        _held = CountShown(length);
    }

    /// <summary>Bytes at the window's end that are the beginning of a stop string.</summary>
    private int LongestBeginning()
    {
        ReadOnlySpan<byte> text = _window.Span;
        int longest = 0;
        foreach (byte[] stop in stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(stop.AsSpan(0, length)) && MayBegin(length))
                {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
