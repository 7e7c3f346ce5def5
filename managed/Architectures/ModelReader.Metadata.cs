using Realm.Branches;
using Realm.Gguf;

namespace Realm.Architectures;

/// <summary>Numbers of the metadata, each checked where it is read.</summary>
internal sealed partial class ModelReader
{
    /// <summary>The widest row of any kind. Two numbers of a file that are each allowed may have a product that no buffer holds: every
    /// product is checked against it.</summary>
    public const int MaxWidth = 1 << 20;

    /// <summary>The most experts of a layer.</summary>
    public const int MaxExperts = 4096;

    public bool Contains(string key) => _metadata.Contains(_prefix + key);

    /// <summary>An integer from 0 to the widest row; it must be there.</summary>
    public int Int(string key) => (int)Range(key, 0, MaxWidth);

    /// <summary>An integer from 0 to the widest row, or what it is where it is absent.</summary>
    public int Int(string key, int otherwise) => Contains(key) ? Int(key) : otherwise;

    /// <summary>An integer in a range; it must be there.</summary>
    public long Range(string key, long least, long most) => _metadata.RequireInteger(_prefix + key, least, most);

    /// <summary>A finite number, or what it is where it is absent.</summary>
    public double Number(string key, double otherwise)
    {
        double value = _metadata.Number(_prefix + key) ?? otherwise;
        return double.IsFinite(value) ? value : throw Bad(key, $"{value} is not finite");
    }

    /// <summary>A number that may be infinite.</summary>
    public double Unbounded(string key) => _metadata.Number(_prefix + key) is { } value && !double.IsNaN(value) ? value : throw Bad(key, "it is not a number");

    /// <summary>A number above 0; null where it is absent or 0, which means "off".</summary>
    public float? Positive(string key) => Number(key, 0) switch
    {
        0 => null,
        > 0 and double value => (float)value,
        double value => throw Bad(key, $"{value} is negative"),
    };

    public bool Flag(string key, bool otherwise = false) => _metadata.Flag(_prefix + key) ?? otherwise;

    public string? Text(string key) => _metadata.Text(_prefix + key);

    private int ReadExpertCount() => _metadata.Integer(_prefix + "expert_count") switch
    {
        null => 0,
        >= 0 and <= MaxExperts and long count => (int)count,
        long count => throw Bad("expert_count", $"{count} is not from 0 to {MaxExperts}"),
    };

    /// <summary>One number for all layers, or an array of one for each; where the key is absent what is given.</summary>
    public int[] PerLayer(string key, int otherwise)
    {
        int[] values = new int[Layers];
        if (_metadata.IsArray(_prefix + key))
        {
            long[] given = _metadata.Integers(_prefix + key, Layers)!;
            if (given.Length < Layers)
                throw Bad(key, $"it has {given.Length} values for {Layers} layers");
            for (int i = 0; i < Layers; i++)
                values[i] = given[i] is >= 0 and <= MaxWidth ? (int)given[i] : throw Bad(key, $"{given[i]} for layer {i} is not from 0 to {MaxWidth}");
        }
        else
        {
            Array.Fill(values, Int(key, otherwise));
        }
        return values;
    }

    /// <summary>The first `count` integers of an array, each in a range; it must be there.</summary>
    public long[] Integers(string key, int count, long least, long most)
    {
        long[] given = (_metadata.IsArray(_prefix + key) ? _metadata.Integers(_prefix + key, count) : null) ?? throw Bad(key, $"an array of {count} integers is needed");
        if (given.Length < count)
            throw Bad(key, $"it has {given.Length} values, {count} are needed");
        foreach (long value in given)
        {
            if (value < least || value > most)
                throw Bad(key, $"{value} is not from {least} to {most}");
        }
        return given;
    }

    /// <summary>Values of an array; 0: it is absent or empty.</summary>
    public int Count(string key) => _metadata.Count(_prefix + key);

    /// <summary>An array of flags or integers, one for each layer; null where the key is absent.</summary>
    public bool[]? Flags(string key)
    {
        if (!_metadata.IsArray(_prefix + key))
            return null;
        bool[] given = _metadata.Flags(_prefix + key, Layers)!;
        return given.Length >= Layers ? given : throw Bad(key, $"it has {given.Length} values for {Layers} layers");
    }

    /// <summary>For recipes that can only look back.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Unsupported"/>: the file says that tokens see what comes after them.</exception>
    public void RequireCausal(string what)
    {
        if (Sees.LooksAhead)
            throw new RealmException(ErrorCode.Unsupported, $"{_prefix}attention.causal is false in a network {what}");
    }

    /// <summary>Which layers look through a sliding window: <c>attention.sliding_window</c> positions wide, no window if 0; of each
    /// <c>attention.sliding_window_pattern</c> layers one sees all, or the key says it of each layer.</summary>
    /// <param name="every">The pattern where the file has none; 0: all layers look through the window.</param>
    /// <param name="size">The window where the file has none.</param>
    /// <param name="farFirst">The layer that sees all is the first of its pattern, not the last.</param>
    /// <param name="symmetric">The window goes to both sides, and the other layers see the whole text.</param>
    public SlidingWindow SlidingWindow(int every, int size = 0, bool farFirst = false, bool symmetric = false)
    {
        const string Pattern = "attention.sliding_window_pattern";
        size = Int("attention.sliding_window", size);
        Visibility far = symmetric ? Visibility.All : Sees;
        if (!symmetric && size > 0)
            RequireCausal("whose windows go back only");
        bool[] near = new bool[Layers];
        if (size == 0)
            return new SlidingWindow(near, far, far);
        Visibility window = symmetric ? Visibility.SymmetricWindow(size) : Visibility.Window(size);
        if (Flags(Pattern) is { } given)
            return new SlidingWindow(given, window, far);
        every = Int(Pattern, every);
        for (int i = 0; i < Layers; i++)
            near[i] = every == 0 || i % every != (farFirst ? 0 : every - 1);
        return new SlidingWindow(near, window, far);
    }

    /// <summary>A product of two numbers of the file, which must not be wider than a row can be.</summary>
    public int Width(int a, int b, string key)
    {
        long product = (long)a * b;
        return product <= MaxWidth ? (int)product : throw Bad(key, $"{a} times {b} is {product}, more than {MaxWidth}");
    }

    /// <summary>The error of a number that makes no sense.</summary>
    public RealmException Bad(string key, string why) => new(ErrorCode.Hparam, $"metadata key '{_prefix}{key}': {why}");

    private int Size(string key, int otherwise) => Contains(key) ? (int)Range(key, 1, MaxWidth) : otherwise;

    private float Epsilon(string key)
    {
        float epsilon = (float)(_metadata.Number(_prefix + key)
            ?? throw new RealmException(ErrorCode.MissingKey, $"metadata key '{_prefix}{key}' is missing"));
        return epsilon is >= 0 and < 1 ? epsilon : throw Bad(key, $"{epsilon} is not in [0, 1)");
    }
}
