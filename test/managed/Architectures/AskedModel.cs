using System.Globalization;
using System.Text.RegularExpressions;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>A model of a family of which only what matters is written down: what is missing it is given, as the engine's messages ask for it.</summary>
internal static partial class AskedModel
{
    private const int Vocabulary = 16, Rounds = 300;

    private static readonly (string Key, object Value)[] _usual =
    [
        ("block_count", 2u), ("embedding_length", 8u), ("context_length", 16u), ("attention.head_count", 2u), ("attention.head_count_kv", 2u),
        ("feed_forward_length", 8u), ("attention.layer_norm_rms_epsilon", 1e-5f), ("attention.layer_norm_epsilon", 1e-5f),
    ];

    /// <summary>How loading it is refused.</summary>
    /// <param name="architecture">The family.</param>
    /// <param name="keys"><c>key=3 key=0.5f key=[1,2] key=true</c>, in place of the usual ones or beside them.</param>
    /// <param name="tensors">Tensors of other extents than are asked for: <c>name=8x3</c>.</param>
    public static RealmException Refusal(string architecture, string keys, string tensors = "")
    {
        Dictionary<string, object> values = _usual.ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach ((string key, string value) in Pairs(keys))
            values[key] = Value(value);
        Dictionary<string, long[]> shapes = Pairs(tensors).ToDictionary(pair => pair.Key, pair => Array.ConvertAll(pair.Value.Split('x'), Whole));
        for (int round = 0; round < Rounds; round++)
        {
            RealmException refusal = Load(architecture, values, shapes) ?? throw new InvalidOperationException($"{architecture} with {keys} is taken");
            if (MissingTensor().Match(refusal.Message) is not { Success: true } asked)
                return refusal;
            shapes[asked.Groups[1].Value] = Shape(asked.Groups[2].Value);
        }
        throw new InvalidOperationException($"{architecture} with {keys} is never content");
    }

    private static RealmException? Load(string architecture, Dictionary<string, object> values, Dictionary<string, long[]> shapes)
    {
        RandomModel model = new(architecture);
        foreach ((string key, object value) in values)
            model.Set(key, value);
        foreach ((string name, long[] shape) in shapes)
            model.Ones(name, shape);
        using ModelFile file = model.Open();
        try
        {
            Model.Load(file, new ModelOptions(1, Packed: false)).Dispose();
            return null;
        }
        catch (RealmException e)
        {
            return e;
        }
    }

    private static (string Key, string Value)[] Pairs(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]))];

    private static object Value(string text) => text switch
    {
        ['[', .. string items, ']'] => Array.ConvertAll(items.Split(',', StringSplitOptions.RemoveEmptyEntries), item => (uint)Whole(item)),
        [.. string number, 'f'] => float.Parse(number, CultureInfo.InvariantCulture),
        "true" => true,
        "no" => false,
        ['\'', .. string word, '\''] => word,
        _ => (uint)Whole(text),
    };

    // "8 x 16", "8 x rows", "any shape", "a matrix".
    private static long[] Shape(string extents) => !char.IsDigit(extents[0]) ? [8, Vocabulary]
        : Array.ConvertAll(extents.Split(" x "), extent => extent == "rows" ? Vocabulary : Whole(extent));

    private static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^tensor '([^']+)' \(([^)]*)\) is missing$")]
    private static partial Regex MissingTensor();
}
