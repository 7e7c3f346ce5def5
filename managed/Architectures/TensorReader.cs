using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Formats;
using Realm.Gguf;

namespace Realm.Architectures;

/// <summary>Takes weights out of a file by name, checking that each is there and has the shape the architecture needs.</summary>
internal sealed unsafe class TensorReader(IReadOnlyDictionary<string, TensorView> tensors) : IDisposable
{
    private readonly List<nint> _vectors = [];
    private readonly List<Weight> _weights = [];

    /// <summary>All matrices taken so far.</summary>
    public IReadOnlyList<Weight> Weights => _weights;

    public bool Contains(string name) => tensors.ContainsKey(name);

    /// <summary>Rows of the matrix `name`, whatever they are.</summary>
    public int Rows(string name)
    {
        GgufTensor tensor = Require(name, "a matrix").Tensor;
        return tensor.Rows is > 0 and <= int.MaxValue ? (int)tensor.Rows : throw WrongShape(tensor, "a matrix");
    }

    /// <summary>A vector of `length` values, decoded; lives as long as this reader.</summary>
    public float* Vector(string name, int length) => Decode(Require(name, $"{length}"), length);

    /// <summary>A vector, or null where the file has none of that name.</summary>
    public float* OptionalVector(string name, int length) => tensors.TryGetValue(name, out TensorView view) ? Decode(view, length) : null;

    /// <summary>The values of an optional vector.</summary>
    public float[]? OptionalValues(string name, int length)
    {
        float* values = OptionalVector(name, length);
        return values == null ? null : new ReadOnlySpan<float>(values, length).ToArray();
    }

    /// <summary>The linear map `name`.weight, (outputs, inputs), with `name`.scale and `name`.bias where there are any.</summary>
    public Linear Linear(string name, int outputs, int inputs) => Linear(name, name + ".weight", outputs, inputs);

    /// <summary>The linear map of the matrix `weight`, with `name`.scale and `name`.bias where there are any.</summary>
    public Linear Linear(string name, string weight, int outputs, int inputs) =>
        new(Matrix(weight, outputs, inputs), OptionalValues(name + ".scale", 1)?[0] ?? 1f, OptionalVector(name + ".bias", outputs));

    /// <summary>The matrices `name`.weight of all experts, (experts, outputs, inputs), one linear map each, with their scales where there are any.</summary>
    public Linear[] Experts(string name, int experts, int outputs, int inputs)
    {
        TensorView view = Require(name + ".weight", $"{inputs} x {outputs} x {experts}");
        GgufTensor tensor = view.Tensor;
        if (tensor.Shape.Length != 3 || tensor.Shape[0] != inputs || tensor.Shape[1] != outputs || tensor.Shape[2] != experts)
            throw WrongShape(tensor, $"{inputs} x {outputs} x {experts}");
        WeightFormat format = FormatOf(tensor);
        long bytes = tensor.Bytes / experts;
        float[]? scales = OptionalValues(name + ".scale", experts);
        Linear[] linears = new Linear[experts];
        for (int i = 0; i < experts; i++)
            linears[i] = new Linear(Create(format, view.Data + i * bytes, outputs, inputs), scales?[i] ?? 1f, null);
        return linears;
    }

    /// <summary>The matrix `name`, (rows, columns).</summary>
    public Weight Matrix(string name, int rows, int columns)
    {
        TensorView view = Require(name, $"{columns} x {rows}");
        GgufTensor tensor = view.Tensor;
        if (tensor.Shape[0] != columns || tensor.Rows != rows)
            throw WrongShape(tensor, $"{columns} x {rows}");
        return Create(FormatOf(tensor), view.Data, rows, columns);
    }

    private Weight Create(WeightFormat format, byte* data, int rows, int columns)
    {
        Weight weight = format.CreateWeight(data, rows, columns);
        _weights.Add(weight);
        return weight;
    }

    private TensorView Require(string name, string shape) => tensors.TryGetValue(name, out TensorView view)
        ? view
        : throw new RealmException(ErrorCode.MissingTensor, $"tensor '{name}' ({shape}) is missing");

    private float* Decode(TensorView view, int length)
    {
        if (view.Tensor.Elements != length)
            throw WrongShape(view.Tensor, $"{length}");
        float* values = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        _vectors.Add((nint)values);
        FormatOf(view.Tensor).Decode(view.Data, values, length);
        return values;
    }

    private static WeightFormat FormatOf(GgufTensor tensor) => Formats.Formats.Find(tensor.Type) ?? throw new RealmException(
        ErrorCode.Unsupported,
        $"tensor '{tensor.Name}' has the format {Formats.Formats.Name(tensor.Type)}; supported are {string.Join(", ", Formats.Formats.All.Select(f => f.Name))}");

    private static RealmException WrongShape(GgufTensor tensor, string expected) => new(
        ErrorCode.Shape, $"tensor '{tensor.Name}' has the shape {string.Join(" x ", tensor.Shape)}; expected {expected}");

    public void Dispose()
    {
        foreach (nint vector in _vectors)
            NativeMemory.AlignedFree((void*)vector);
        _vectors.Clear();
    }
}
