using Realm.Formats;
using Realm.Gguf;

namespace Realm.Architectures;

/// <summary>A file of low-rank changes of a model's matrices. (Hu et al., 2021)</summary>
internal sealed class Adapter
{
    private const string SuffixA = ".lora_a", SuffixB = ".lora_b";

    private readonly string _name;
    private readonly double _alpha;
    private readonly Dictionary<string, Pair> _pairs = [];
    private readonly HashSet<string> _taken = [];

    private Adapter(string name, double alpha)
    {
        _name = name;
        _alpha = alpha;
    }

    /// <summary>A (inputs, rank) and B (rank, outputs), extents as files have them.</summary>
    public sealed record Pair(TensorView A, TensorView B, int Rank);

    /// <summary>The changes, by the names of the model's tensors.</summary>
    public IReadOnlyDictionary<string, Pair> Pairs => _pairs;

    /// <summary>The change of a tensor, or null.</summary>
    public Pair? Take(string tensor)
    {
        if (!_pairs.TryGetValue(tensor, out Pair? pair))
            return null;
        _taken.Add(tensor);
        return pair;
    }

    /// <summary>What products of this rank are multiplied with.</summary>
    public float FactorOf(int rank) => _alpha == 0 ? 1f : (float)(_alpha / rank);

    /// <summary>Reads an adapter and looks whether it fits the model: from both files' directories alone.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="metadata">The adapter's metadata.</param>
    /// <param name="file">The adapter's tensors.</param>
    /// <param name="architecture">The model's architecture.</param>
    /// <param name="model">The model's tensors.</param>
    /// <exception cref="RealmException">E_INVALID_ARGUMENT, E_UNSUPPORTED, E_MISSING_TENSOR, E_SHAPE.</exception>
    public static Adapter Read(string name, GgufMetadata metadata, ITensorFile file, string architecture, ITensorFile model)
    {
        if (metadata.Text("general.type") is var type && type != "adapter")
            throw new RealmException(ErrorCode.InvalidArgument, $"{name} is no adapter: its general.type is {Said(type)}");
        if (metadata.Text("adapter.type") is var kind && kind != "lora")
            throw new RealmException(ErrorCode.Unsupported, $"{name}: adapter.type is {Said(kind)}; supported is lora");
        if (metadata.Contains("adapter.alora.invocation_tokens"))
            throw new RealmException(ErrorCode.Unsupported, $"{name}: an adapter that begins at certain tokens (aLoRA) is not supported");
        string? made = metadata.Text("general.architecture");
        if (made != architecture)
            throw new RealmException(ErrorCode.InvalidArgument,
                $"{name} is an adapter for {Said(made)}, the model is {Said(architecture)}");
        double alpha = metadata.Number("adapter.lora.alpha") ?? 0;
        if (!double.IsFinite(alpha))
            throw new RealmException(ErrorCode.Hparam, $"{name}: adapter.lora.alpha {alpha} is not finite");
        Adapter adapter = new(name, alpha);
        foreach (string tensor in file.Views.Keys)
            adapter.Add(tensor, file, model);
        return adapter._pairs.Count > 0 ? adapter : throw new RealmException(ErrorCode.MissingTensor,
            $"{name} has no tensors ending in {SuffixA} and {SuffixB}");
    }

    /// <summary>All changes must have been taken: else the network has no place for one.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED.</exception>
    public void CheckAllTaken()
    {
        string? left = _pairs.Keys.FirstOrDefault(tensor => !_taken.Contains(tensor));
        if (left != null)
            throw new RealmException(ErrorCode.Unsupported,
                $"{_name} changes {Quoted.Name(left)}; adapters of embeddings and experts are not supported");
    }

    private void Add(string tensor, ITensorFile file, ITensorFile model)
    {
        bool isA = tensor.EndsWith(SuffixA, StringComparison.Ordinal);
        if (!isA && !tensor.EndsWith(SuffixB, StringComparison.Ordinal))
            throw new RealmException(ErrorCode.Unsupported,
                $"{_name}: tensor {Quoted.Name(tensor)} is neither {SuffixA} nor {SuffixB} of a model's tensor");
        string changed = tensor[..^SuffixA.Length], other = changed + (isA ? SuffixB : SuffixA);
        if (!file.Views.TryGetValue(other, out TensorView half))
            throw new RealmException(ErrorCode.MissingTensor,
                $"{_name} has {Quoted.Name(tensor)} and no {Quoted.Name(other)}: half a pair");
        if (!isA)
            return;
        if (!model.Views.TryGetValue(changed, out TensorView original))
            throw new RealmException(ErrorCode.MissingTensor,
                $"{_name} changes {Quoted.Name(changed)}, a tensor that the model does not have");
        _pairs[changed] = Fit(changed, file.Views[tensor], half, original.Tensor);
    }

    private Pair Fit(string changed, TensorView a, TensorView b, GgufTensor original)
    {
        long[] down = a.Tensor.Shape, up = b.Tensor.Shape, all = original.Shape;
        if (down.Length > 2 || up.Length > 2 || all.Length > 2)
            throw new RealmException(ErrorCode.Unsupported,
                $"{_name} changes {Quoted.Name(changed)}, which is no single matrix; that is not supported");
        long rank = Extent(down, 1);
        if (rank != up[0])
            throw Wrong($"its ranks differ: {SuffixA} has {rank}, {SuffixB} {up[0]}");
        if (down[0] != all[0] || Extent(up, 1) != Extent(all, 1) || rank is < 1 or > ModelReader.MaxWidth)
            throw Wrong($"{string.Join(" x ", down)} and {string.Join(" x ", up)} don't fit the model's {string.Join(" x ", all)}");
        return new Pair(a, b, (int)rank);

        RealmException Wrong(string why) => new(ErrorCode.Shape, $"{_name}: the change of {Quoted.Name(changed)}: {why}");
    }

    private static long Extent(long[] shape, int i) => i < shape.Length ? shape[i] : 1;

    private static string Said(string? text) => text == null ? "absent" : Quoted.Name(text);
}
