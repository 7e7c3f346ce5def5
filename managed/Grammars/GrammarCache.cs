using System.IO.Hashing;
using Realm.Grammars.Json;

namespace Realm.Grammars;

/// <summary>
/// The formats that were used last with one vocabulary, compiled: requests with the same format share its states and masks. Those that
/// have not been used for longest go first when there are too many, or when together they hold too much.
/// </summary>
internal sealed class GrammarCache(TokenVocabulary vocabulary)
{
    /// <summary>So many formats are kept at most.</summary>
    public const int MostFormats = 64;

    private readonly LinkedList<Entry> _recent = [];
    private readonly Dictionary<UInt128, LinkedListNode<Entry>> _byHash = [];

    private sealed record Entry(UInt128 Hash, byte[] Text, Grammar Grammar);

    public int Count
    {
        get
        {
            lock (_recent)
            {
                return _recent.Count;
            }
        }
    }

    /// <summary>A compiled format. Two that ask for the same new one at once may both compile it.</summary>
    /// <inheritdoc cref="GrammarFormat.Compile"/>
    public Grammar Get(
        GrammarNotation notation,
        ReadOnlySpan<byte> text,
        JsonWhitespace whitespace,
        CancellationToken cancel = default,
        bool ignoresUnsupported = false)
    {
        UInt128 hash = Hash(notation, text, whitespace, ignoresUnsupported);
        if (Find(hash, text) is { } known)
        {
            return known;
        }
        Grammar grammar = GrammarFormat.Compile(notation, text, vocabulary, whitespace, cancel, ignoresUnsupported);
        lock (_recent)
        {
            if (_byHash.Remove(hash, out LinkedListNode<Entry>? other))
            {
                _recent.Remove(other);
            }
            _byHash[hash] = _recent.AddFirst(new Entry(hash, text.ToArray(), grammar));
            Shrink();
        }
        return grammar;
    }

    /// <summary>A format that is compiled already, or null.</summary>
    public Grammar? Find(GrammarNotation notation, ReadOnlySpan<byte> text, JsonWhitespace whitespace, bool ignoresUnsupported = false) =>
        Find(Hash(notation, text, whitespace, ignoresUnsupported), text);

    private static UInt128 Hash(GrammarNotation notation, ReadOnlySpan<byte> text, JsonWhitespace whitespace, bool ignoresUnsupported) =>
        XxHash128.HashToUInt128(text, (long)notation * 16 + (int)whitespace * 2 + (ignoresUnsupported ? 1 : 0));

    private Grammar? Find(UInt128 hash, ReadOnlySpan<byte> text)
    {
        lock (_recent)
        {
            if (!_byHash.TryGetValue(hash, out LinkedListNode<Entry>? node) || !node.Value.Text.AsSpan().SequenceEqual(text))
            {
                return null;
            }
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Grammar;
        }
    }

    private void Shrink()
    {
        long bytes = 0;
        foreach (Entry entry in _recent)
        {
            bytes += entry.Grammar.HeldBytes + entry.Text.Length;
        }
        while (_recent.Count > MostFormats || _recent.Count > 1 && bytes > GrammarLimits.CachedFormatBytes)
        {
            Entry last = _recent.Last!.Value;
            bytes -= last.Grammar.HeldBytes + last.Text.Length;
            _byHash.Remove(last.Hash);
            _recent.RemoveLast();
        }
    }
}
