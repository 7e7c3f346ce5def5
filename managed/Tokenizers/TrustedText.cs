namespace Realm.Tokenizers;

/// <summary>A part of a text to tokenize.</summary>
/// <param name="Length">How many bytes.</param>
/// <param name="IsTemplate">Whether it may form special tokens, being the template's own and nobody's input.</param>
public readonly record struct TextSegment(int Length, bool IsTemplate);

/// <summary>Where in a text special tokens are recognised.</summary>
internal sealed class TrustedText
{
    /// <summary>Everywhere.</summary>
    public static readonly TrustedText All = new([0], [int.MaxValue], false);

    /// <summary>Nowhere; user-defined tokens are, since to a model they are text.</summary>
    public static readonly TrustedText None = new([], [], false);

    /// <summary>Nowhere, and no marker is made of it either.</summary>
    public static readonly TrustedText Plain = new([], [], true);

    private readonly int[] _starts;
    private readonly int[] _ends;

    private TrustedText(int[] starts, int[] ends, bool strict)
    {
        _starts = starts;
        _ends = ends;
        IsStrict = strict;
    }

    /// <summary>Whether user-defined tokens that are markers (<see cref="Vocabulary.IsMarker"/>) are kept out of the rest too.</summary>
    public bool IsStrict { get; }

    /// <summary>In the template's segments; ones beside each other are one text.</summary>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT: the segments are not as long as the text.</exception>
    public static TrustedText Of(ReadOnlySpan<TextSegment> segments, int length)
    {
        var starts = new List<int>();
        var ends = new List<int>();
        long at = 0;
        foreach (TextSegment segment in segments)
        {
            if (segment.Length < 0 || at + segment.Length > length)
            {
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"a segment of {segment.Length} bytes at byte {at} does not fit in a text of {length} bytes");
            }
            if (segment.IsTemplate && segment.Length > 0)
            {
                if (ends.Count > 0 && ends[^1] == at)
                {
                    ends.RemoveAt(ends.Count - 1);
                }
                else
                {
                    starts.Add((int)at);
                }
                ends.Add((int)at + segment.Length);
            }
            at += segment.Length;
        }
        return at == length ? new TrustedText([.. starts], [.. ends], true) : throw new RealmException(ErrorCode.InvalidArgument,
            $"the segments have {at} bytes together, but the text has {length}");
    }

    /// <summary>Whether all of a part of the text is trusted.</summary>
    public bool Contains(int start, int end)
    {
        int found = Array.BinarySearch(_starts, start);
        int run = found >= 0 ? found : ~found - 1;
        return run >= 0 && end <= _ends[run];
    }
}
