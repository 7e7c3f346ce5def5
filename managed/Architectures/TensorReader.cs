using Realm.Formats;
using Realm.Gguf;
using Realm.Kernels;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Takes weights out of a file by name, checking that each is there and has the shape the architecture needs. It knows which it
/// has taken.</summary>
internal sealed unsafe class TensorReader(ITensorFile file, IReadOnlyList<Adapter>? adapters = null) : IDisposable
{
    private readonly List<nint> _vectors = [];
    private readonly Dictionary<(string Name, long First, long Rows), Weight> _weights = [];
    private readonly HashSet<string> _taken = [];

    /// <summary>Where matrices tell of numbers that are not finite, when they are packed or used.</summary>
    public NonFinite NonFinite { get; } = new();

    /// <summary>All matrices taken so far; one that is used twice is here once.</summary>
    public IEnumerable<Weight> Weights => _weights.Values;

    /// <summary>Names of tensors that nobody asked for: of a part the recipe forgot, or of a part this engine has no use for.</summary>
    public IEnumerable<string> Unread => file.Views.Keys.Where(name => !_taken.Contains(name));

    public bool Contains(string name) => file.Views.ContainsKey(name);

    /// <summary>The extents of a tensor, the contiguous one first.</summary>
    public long[] Shape(string name) => Require(name, "any shape").Tensor.Shape;

    /// <summary>A table of rows that are looked up in the file, of this width.</summary>
    public Blocks.EmbeddingRows Rows(string name, int width)
    {
        GgufTensor tensor = Require(name, $"{width} x rows").Tensor;
        if (tensor.Shape[0] != width || tensor.Rows is < 1 or > int.MaxValue)
            throw WrongShape(tensor, $"{width} x rows");
        return new Blocks.EmbeddingRows(file, tensor, FormatOf(tensor), name == Adapter.Embedding ? RowChanges() : null);
    }

    // What adapters add to the embeddings of tokens.
    private Blocks.EmbeddingChange[] RowChanges()
    {
        List<Blocks.EmbeddingChange> changes = [];
        for (int i = 0; i < adapters?.Count; i++)
        {
            if (adapters[i].TakeEmbedding() is not { } pair)
                continue;
            GgufTensor a = pair.A.Tensor, b = pair.B.Tensor;
            changes.Add(new Blocks.EmbeddingChange(i, adapters[i].FactorOf(pair.Rank), new Blocks.EmbeddingRows(adapters[i].File, a, FormatOf(a)),
                (nint)Decode(pair.B, b.Elements)));
        }
        return [.. changes];
    }

    /// <summary>Rows of the matrix `name`, whatever they are.</summary>
    public int RowCount(string name)
    {
        GgufTensor tensor = Require(name, "a matrix").Tensor;
        return tensor.Rows is > 0 and <= int.MaxValue ? (int)tensor.Rows : throw WrongShape(tensor, "a matrix");
    }

    /// <summary>A vector of `length` values, decoded; lives as long as this reader.</summary>
    public float* Vector(string name, long length) => Decode(Require(name, $"{length}"), length);

    /// <summary>A vector, or null where the file has none of that name.</summary>
    public float* OptionalVector(string name, long length) => Contains(name) ? Vector(name, length) : null;

    /// <summary>Room for numbers that are made from tensors; lives as long as this reader.</summary>
    public float* Room(long floats)
    {
        float* values = (float*)SystemMemory.AllocateLines(checked(floats * sizeof(float)));
        _vectors.Add((nint)values);
        return values;
    }

    /// <summary>The values of a vector.</summary>
    public float[] Values(string name, int length) => new ReadOnlySpan<float>(Vector(name, length), length).ToArray();

    /// <summary>The values of an optional vector.</summary>
    public float[]? OptionalValues(string name, int length)
    {
        float* values = OptionalVector(name, length);
        return values == null ? null : new ReadOnlySpan<float>(values, length).ToArray();
    }

    /// <summary>The linear map `name`.weight, (outputs, inputs), with `name`.scale and `name`.bias where there are any.</summary>
    public Linear Linear(string name, int outputs, int inputs) => Linear(name, name + ".weight", outputs, inputs);

    /// <summary>The linear map of the matrix `weight`, with `scale` (null: `name`.scale) and `name`.bias where there are any.</summary>
    public Linear Linear(string name, string weight, int outputs, int inputs, string? scale = null) =>
        new(Matrix(weight, outputs, inputs), OptionalValues(scale ?? name + ".scale", 1)?[0] ?? 1f, OptionalVector(name + ".bias", outputs),
            Changes(weight, 0, outputs));

    /// <summary>Outputs `first`.. of the linear map `name`.weight, which has `all` outputs.</summary>
    public Linear Slice(string name, int first, int outputs, int all, int inputs)
    {
        float* bias = OptionalVector(name + ".bias", all);
        return new Linear(Matrix(name + ".weight", first, outputs, all, inputs), OptionalValues(name + ".scale", 1)?[0] ?? 1f,
            bias == null ? null : bias + first, Changes(name + ".weight", first, outputs));
    }

    /// <summary>Outputs `first`.. of the linear map `name`.weight, with the vector `bias` for these outputs alone.</summary>
    public Linear Slice(string name, int first, int outputs, int all, int inputs, string bias) =>
        new(Matrix(name + ".weight", first, outputs, all, inputs), OptionalValues(name + ".scale", 1)?[0] ?? 1f, Vector(bias, outputs),
            Changes(name + ".weight", first, outputs));

    /// <summary>Whether an adapter changes a tensor.</summary>
    public bool IsAdapted(string name) => adapters?.Any(adapter => adapter.Pairs.ContainsKey(name)) == true;

    // What adapters add to outputs `first`.. of a matrix, or of one of several.
    private LowRank[] Changes(string name, int first, int outputs, int expert = 0, int experts = 1)
    {
        List<LowRank> changes = [];
        for (int i = 0; i < adapters?.Count; i++)
        {
            if (adapters[i].Take(name) is not { } pair)
                continue;
            GgufTensor a = pair.A.Tensor, b = pair.B.Tensor;
            if (a.Rows != (long)pair.Rank * experts)
                throw new RealmException(ErrorCode.Unsupported, $"an adapter changes '{name}', whose matrices are used as one; that is not supported");
            Weight down = Create(a, pair.A.Data + (long)expert * pair.Rank * (a.Bytes / a.Rows), pair.Rank, (int)a.Shape[0]);
            Weight up = Create(b, pair.B.Data + (b.Rows / experts * expert + first) * (b.Bytes / b.Rows), outputs, pair.Rank);
            changes.Add(new LowRank(i, adapters[i].FactorOf(pair.Rank), new Linear(down, 1f, null), new Linear(up, 1f, null)));
        }
        return [.. changes];
    }

    /// <summary>The matrices `name`.weight of all experts, (experts, outputs, inputs), one linear map each, with their scales and biases
    /// where there are any. `first` and `all`: only outputs from `first` on of `all` that there are.</summary>
    public Linear[] Experts(string name, int experts, int outputs, int inputs, int first = 0, int all = 0)
    {
        all = all == 0 ? outputs : all;
        TensorView view = Require(name + ".weight", $"{inputs} x {all} x {experts}");
        GgufTensor tensor = view.Tensor;
        // Of one expert files may leave the last extent out.
        long matrices = tensor.Shape.Length == 2 ? 1 : tensor.Shape[^1];
        if (tensor.Shape.Length is not (2 or 3) || tensor.Shape[0] != inputs || tensor.Shape[1] != all || matrices != experts)
            throw WrongShape(tensor, $"{inputs} x {all} x {experts}");
        float[]? scales = OptionalValues(name + ".scale", experts);
        float* biases = OptionalVector(name + ".bias", (long)experts * all);
        Linear[] linears = new Linear[experts];
        for (int i = 0; i < experts; i++)
        {
            Weight weight = Take(view, (long)i * all + first, outputs, inputs);
            linears[i] = new Linear(weight, scales?[i] ?? 1f, biases == null ? null : biases + (long)i * all + first,
                Changes(name + ".weight", first, outputs, i, experts));
        }
        return linears;
    }

    /// <summary>The matrix `name`, (rows, columns).</summary>
    public Weight Matrix(string name, int rows, int columns) => Matrix(name, 0, rows, rows, columns);

    /// <summary>Rows `first`.. of the matrix `name`, (all, columns).</summary>
    public Weight Matrix(string name, int first, int rows, int all, int columns)
    {
        TensorView view = Require(name, $"{columns} x {all}");
        GgufTensor tensor = view.Tensor;
        if (tensor.Shape[0] != columns || tensor.Rows != all)
            throw WrongShape(tensor, $"{columns} x {all}");
        return Take(view, first, rows, columns);
    }

    private Weight Take(TensorView view, long first, int rows, int columns)
    {
        GgufTensor tensor = view.Tensor;
        if (_weights.TryGetValue((tensor.Name, first, rows), out Weight? known))
            return known;
        long rowBytes = tensor.Bytes / tensor.Rows;
        return _weights[(tensor.Name, first, rows)] = Create(tensor, view.Data + first * rowBytes, rows, columns);
    }

    private Weight Create(GgufTensor tensor, byte* data, int rows, int columns)
    {
        Weight weight = FormatOf(tensor).CreateWeight(data, rows, columns);
        weight.Report = (tensor.Name, NonFinite);
        return weight;
    }

    private TensorView Require(string name, string shape)
    {
        if (!file.Views.TryGetValue(name, out TensorView view))
            throw new RealmException(ErrorCode.MissingTensor, $"tensor '{name}' ({shape}) is missing");
        _taken.Add(name);
        return view;
    }

    private float* Decode(TensorView view, long length)
    {
        if (view.Tensor.Elements != length)
            throw WrongShape(view.Tensor, $"{length}");
        float* values = Room(length);
        FormatOf(view.Tensor).Decode(view.Data, values, length);
        if (Finite.IndexOfOther(values, length) is >= 0 and var index)
            throw NonFinite.Error(view.Tensor.Name, $" at index {index}");
        return values;
    }

    private static WeightFormat FormatOf(GgufTensor tensor) => Formats.Formats.Find(tensor.Type) ?? throw new RealmException(
        ErrorCode.Unsupported,
        $"tensor '{tensor.Name}' has the format {Formats.Formats.Name(tensor.Type)}; "
        + $"supported are {string.Join(", ", Formats.Formats.All.Select(f => f.Name))}");

    private static RealmException WrongShape(GgufTensor tensor, string expected) => new(
        ErrorCode.Shape, $"tensor '{tensor.Name}' has the shape {string.Join(" x ", tensor.Shape)}; expected {expected}");

    public void Dispose()
    {
        foreach (nint vector in _vectors)
            SystemMemory.FreeLines((void*)vector);
        _vectors.Clear();
    }
}
