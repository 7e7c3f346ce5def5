using System.Buffers;
using System.Text;

namespace Realm.Generation;

/// <summary>
/// Makes text of the bytes of tokens, which may end anywhere inside a character. What <see cref="Ready"/> gives is always whole characters, the same
/// however the bytes were cut: an unfinished sequence waits for its rest; bytes that can be part of no character become U+FFFD, as Unicode advises
/// (one for each maximal part). Text that may turn out to be the beginning of a stop string waits too; the first stop string to be complete ends
/// the text before its first character.
/// </summary>
internal sealed class TextStream(byte[][] stops)
{
    private static readonly byte[] _replacement = [0xEF, 0xBF, 0xBD];

    private readonly ByteBuffer _raw = new(256);    // not yet characters
    private readonly ByteBuffer _text = new(1024);  // characters, not yet taken: ready ones, then held ones
    private int _held;

    /// <summary>A stop string came: the text is at its end, more bytes are ignored.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Characters that no later byte can change. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Ready => _text.Span[..(_text.Length - _held)];

    /// <summary>Adds a token's bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _raw.Append(bytes);
        Decode(final: false);
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
        while (!Stopped && _raw.Length > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_raw.Span, out _, out int consumed);
            if (status == OperationStatus.NeedMoreData && !final)
            {
                break;
            }
            _text.Append(status == OperationStatus.Done ? _raw.Span[..consumed] : _replacement);
            _raw.Skip(consumed);
            FindStop();
        }
        _held = Stopped ? 0 : LongestBeginning();
    }

    /// <summary>Does the text end with a stop string now? Looked at after each character, so that the cut between tokens makes no difference.</summary>
    private void FindStop()
    {
        ReadOnlySpan<byte> text = _text.Span;
        int longest = 0;
        foreach (byte[] stop in stops)
        {
            if (stop.Length > longest && text.EndsWith(stop))
            {
                longest = stop.Length;
            }
        }
        if (longest > 0)
        {
            _text.Truncate(text.Length - longest);
            Stopped = true;
        }
    }

    /// <summary>Bytes at the text's end that are the beginning of a stop string.</summary>
    private int LongestBeginning()
    {
        ReadOnlySpan<byte> text = _text.Span;
        int longest = 0;
        foreach (byte[] stop in stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
