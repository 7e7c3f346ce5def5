namespace Realm.Grammars.Json;

/// <summary>
/// The characters of any name but some given ones: a trie of these, and what stands between characters of a JSON string. Off the trie
/// every name is free.
/// </summary>
internal sealed class NameMachine : ByteMachine
{
    // How a character goes on, as PlainText says, and behind a backslash: \, \u, \u0, \u00, \u000 or \u001.
    private const int Escape = 8, Hex1 = 9, Hex2 = 10, HexHigh = 11, HexLow0 = 12, HexLow1 = 13, Modes = 14;
    private const int Free = 0;

    private readonly Dictionary<(int Node, byte Value), int> _children = [];
    private readonly List<bool> _isName = [false, false];
    private readonly List<int> _modes = [0, 0];
    private readonly BytePartition _partition;

    /// <param name="names">The names that are not to be, as they stand between quotes.</param>
    public NameMachine(IEnumerable<byte[]> names)
    {
        ByteSet used = default;
        foreach (byte[] name in names)
        {
            int node = 1;
            foreach (byte value in name)
            {
                used |= ByteSet.Of(value);
                if (!_children.TryGetValue((node, value), out int child))
                {
                    child = _isName.Count;
                    _isName.Add(false);
                    _modes.Add(After(_modes[node], value));
                    _children[(node, value)] = child;
                }
                node = child;
            }
            _isName[node] = true;
        }
        _partition = BytePartition.Meet(Characters, BytePartition.OfSingles(used));
        Start = 1 * Modes;
    }

    /// <summary>The state before a name.</summary>
    public int Start { get; }

    public override BytePartition Partition => _partition;

    public override bool TakesAnyText => true;

    /// <summary>A state is a node of the trie and how far the character is.</summary>
    public override int Next(int state, byte value)
    {
        int node = state / Modes, mode = After(state % Modes, value);
        if (mode < 0)
        {
            return -1;
        }
        int child = node == Free ? Free : _children.GetValueOrDefault((node, value), Free);
        return child * Modes + mode;
    }

    public override bool Accepts(int state) => state % Modes == 0 && !_isName[state / Modes];

    public override int Shortest(int state)
    {
        int node = state / Modes;
        // A given name becomes another by one more character. Within a character it is looked for.
        return state % Modes != 0 ? -1 : _isName[node] ? 1 : 0;
    }

    private static int After(int mode, byte value)
    {
        switch (mode)
        {
            case 0 when value == '\\':
                return Escape;
            case < Escape:
                return PlainText.Next(mode, value);
            case Escape:
                return value == 'u' ? Hex1 : "\"\\bfnrt"u8.Contains(value) ? 0 : -1;
            case Hex1:
                return value == '0' ? Hex2 : -1;
            case Hex2:
                return value == '0' ? HexHigh : -1;
            case HexHigh:
                return value == '0' ? HexLow0 : value == '1' ? HexLow1 : -1;
            case HexLow0:
                // 8, 9, a, c and d have letters of their own.
                return "01234567bBeEfF"u8.Contains(value) ? 0 : -1;
            default:
                return char.IsAsciiHexDigit((char)value) ? 0 : -1;
        }
    }

    private static readonly BytePartition Characters = MakePartition();

    private static BytePartition MakePartition()
    {
        BytePartition all = BytePartition.One;
        for (int mode = 0; mode < Modes; mode++)
        {
            var sets = new Dictionary<int, ByteSet>();
            for (int value = 0; value < 256; value++)
            {
                int next = After(mode, (byte)value);
                sets[next] = sets.GetValueOrDefault(next) | ByteSet.Of((byte)value);
            }
            foreach (ByteSet set in sets.Values)
            {
                all = BytePartition.Meet(all, BytePartition.Of(set));
            }
        }
        return all;
    }
}
