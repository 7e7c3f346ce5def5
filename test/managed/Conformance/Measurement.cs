using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.State;
using Realm.Runtime;
using Realm.Tests.Runtime;

namespace Realm.Tests.Conformance;

/// <summary>What became of a model.</summary>
internal enum Outcome
{
    /// <summary>Within its bounds, the same bits whichever way.</summary>
    Right,

    /// <summary>It runs, and something is too far from the reference, or differs between two ways.</summary>
    Wrong,

    /// <summary>The engine says that it does not have it.</summary>
    Unsupported,

    /// <summary>Any other error.</summary>
    Failed,
}

/// <summary>A model run in every way that must not matter, against the reference.</summary>
internal sealed class Measurement
{
    private const int Chunk = 7;

    private readonly GoldenModel _golden;
    private readonly List<(string Way, double Nmse)> _figures = [];
    private readonly List<double> _layers = [];
    private readonly List<string> _differing = [];
    private readonly float[] _expected;
    private float[]? _first;

    private Measurement(GoldenModel golden)
    {
        _golden = golden;
        _expected = golden.Texts != null ? [] : Golden.Floats(golden.Logits ?? golden.Hidden ?? throw new InvalidOperationException($"no reference for {golden.Id}"));
    }

    /// <summary>What became of it.</summary>
    public Outcome Outcome { get; private set; }

    /// <summary>The error's message, with its code where the outcome doesn't tell it; empty without one.</summary>
    public string Message { get; private set; } = "";

    /// <summary>How far each way is from the reference (NMSE).</summary>
    public IReadOnlyList<(string Way, double Nmse)> Figures => _figures;

    /// <summary>How far the hidden state after each layer is; empty without a reference.</summary>
    public IReadOnlyList<double> Layers => _layers;

    /// <summary>Ways whose bits are not those of the first.</summary>
    public IReadOnlyList<string> Differing => _differing;

    /// <summary>The largest of the figures.</summary>
    public double Worst => _figures.Count == 0 ? double.NaN : _figures.Max(figure => double.IsNaN(figure.Nmse) ? double.PositiveInfinity : figure.Nmse);

    /// <summary>Runs a model: quickly only as a whole, else in all ways.</summary>
    public static Measurement Of(GoldenModel golden, bool quickly = false)
    {
        Measurement result = new(golden);
        try
        {
            result.Run(quickly);
            bool isNear = result.Worst <= golden.Bound && result._layers.All(nmse => nmse <= golden.LayersBound);
            result.Outcome = isNear && result._differing.Count == 0 ? Outcome.Right : Outcome.Wrong;
        }
        catch (RealmException error)
        {
            result.Outcome = error.Code == ErrorCode.Unsupported ? Outcome.Unsupported : Outcome.Failed;
            result.Message = error.Code == ErrorCode.Unsupported ? error.Message : $"{error.Code}: {error.Message}";
        }
        catch (Exception error)
        {
            result.Outcome = Outcome.Failed;
            string? where = error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Realm.", StringComparison.Ordinal))?.Trim();
            result.Message = $"{error.GetType().Name}: {error.Message} {where}";
        }
        return result;
    }

    private void Run(bool quickly)
    {
        using ModelFile file = ModelFile.OpenPath(_golden.Path);
        using ModelFile? adapter = _golden.Adapter == null ? null : ModelFile.OpenPath(_golden.Adapter);
        bool isEncoder = _golden.Logits == null;
        using (Model model = Load(file, adapter, threads: 1, packed: true))
        {
            if (_golden.Texts is { } texts)
            {
                AddTexts(model, texts);
                return;
            }
            Add("whole", isEncoder ? Hidden(model) : Networks.Logits(model, _golden.Tokens, _golden.Tokens.Length));
            if (quickly)
                return;
            if (!_golden.SeesAll)
            {
                Add("chunks", Networks.Logits(model, _golden.Tokens, Chunk));
                Add("ones", Networks.Logits(model, _golden.Tokens, 1));
            }
            AddSeven(model, isEncoder);
            if (!_golden.SeesAll)
                Compare("seven in chunks", Networks.LayerByLayer(model, _golden.Tokens, Chunk));
        }
        using (Model model = Load(file, adapter, threads: 2, packed: true))
            CompareAll(model, "two threads", isEncoder);
        using (Model model = Load(file, adapter, threads: 2, packed: false))
            CompareAll(model, "mapped", isEncoder);
    }

    private Model Load(ModelFile file, ModelFile? adapter, int threads, bool packed) => Model.Load(file, new ModelOptions(threads, packed, CacheType.F32),
        adapter == null ? [] : [new AdapterFile(adapter, "the adapter", _golden.AdapterScale)]);

    /// <summary>The seven functions, and the layers they show.</summary>
    private void AddSeven(Model model, bool isEncoder)
    {
        List<float[]> layers = [];
        float[] logits = Networks.LayerByLayer(model, _golden.Tokens, _golden.Tokens.Length, layers, withLogits: !isEncoder);
        Add("seven", logits);
        if (_golden.Layers == null)
            return;
        float[] expected = Golden.Floats(_golden.Layers);
        int size = _golden.Tokens.Length * model.Config.HiddenSize;
        CheckLength("hidden states of all layers", size * layers.Count, expected.Length);
        for (int i = 0; i < layers.Count; i++)
            _layers.Add(Golden.Nmse(layers[i], expected.AsSpan(i * size, size)));
    }

    /// <summary>Every token's vector.</summary>
    private float[] Hidden(Model model) => Networks.Vectors(model, [_golden.Tokens], new EmbeddingOptions(Pooling.None, Normalized: false));

    /// <summary>Each text's vector alone, and all in one go; the figure is the worst text's, as far as its cosine falls short of 1, in parts of as
    /// far as llama.cpp's does.</summary>
    private void AddTexts(Model model, IReadOnlyList<GoldenText> texts)
    {
        EmbeddingOptions options = new(model.Pooling, Normalized: true);
        float[] together = Networks.Vectors(model, [.. texts.Select(text => text.Tokens)], options);
        int size = together.Length / texts.Count;
        double worst = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            float[] alone = Networks.Vectors(model, [texts[i].Tokens], options);
            if (!MemoryMarshal.AsBytes<float>(alone).SequenceEqual(MemoryMarshal.AsBytes<float>(together.AsSpan(i * size, size))))
                _differing.Add($"text {i} alone");
            worst = Math.Max(worst, (1 - Golden.Cosine(alone, texts[i].Embedding)) / (1 - texts[i].Cosine));
        }
        _figures.Add(("cosines", worst * _golden.Bound));
    }

    private void CompareAll(Model model, string way, bool isEncoder)
    {
        if (isEncoder)
        {
            Compare(way, Hidden(model));
            return;
        }
        Compare(way, Networks.Logits(model, _golden.Tokens, _golden.Tokens.Length));
        if (!_golden.SeesAll)
            Compare($"{way} in ones", Networks.Logits(model, _golden.Tokens, 1));
    }

    private void Add(string way, float[] actual)
    {
        CheckLength($"{way}: results", actual.Length, _expected.Length);
        _figures.Add((way, Golden.Nmse(actual, _expected)));
        Compare(way, actual);
    }

    private void Compare(string way, float[] actual)
    {
        _first ??= actual;
        if (!MemoryMarshal.AsBytes<float>(actual).SequenceEqual(MemoryMarshal.AsBytes<float>(_first)))
            _differing.Add(way);
    }

    private static void CheckLength(string what, int actual, int expected)
    {
        if (actual != expected)
            throw new InvalidOperationException($"{what}: {actual} numbers, the reference has {expected}");
    }
}
