using Realm.Formats;
using Realm.Gguf;

namespace Realm.Architectures;

/// <summary>A file of low-rank changes of a model's matrices. (Hu et al., 2021)</summary>
internal sealed class Adapter
{
    private const string SuffixA = ".lora_a", SuffixB = ".lora_b";
    // A change of embeddings has more memory for its rank than a pass has on its stack.
    private const int MostEmbeddingRank = 4096;

    /// <summary>The table whose rows are looked up: its A is (rank, tokens) and its B (rank, width).</summary>
    public const string Embedding = "token_embd.weight";

    private readonly string _name;
    private readonly ITensorFile _file;
    private readonly double _alpha;
    private readonly Dictionary<string, Pair> _pairs = [];
    private readonly HashSet<string> _taken = [];
    private bool _isEmbeddingTaken;

    private Adapter(string name, double alpha, ITensorFile file)
    {
        _name = name;
        _file = file;
        _alpha = alpha;
    }

    /// <summary>A (inputs, rank) and B (rank, outputs), extents as files have them; of experts one behind the other.</summary>
    public sealed record Pair(TensorView A, TensorView B, int Rank);

    /// <summary>The adapter's tensors.</summary>
    public ITensorFile File => _file;

    /// <summary>The changes of matrices, by the names of the model's tensors.</summary>
    public IReadOnlyDictionary<string, Pair> Pairs => _pairs;

    /// <summary>The change of embeddings, or null.</summary>
    public Pair? OfEmbedding { get; private set; }

    /// <summary>The change of embeddings, or null; from now on it counts as used.</summary>
    public Pair? TakeEmbedding()
    {
        _isEmbeddingTaken = true;
        return OfEmbedding;
    }

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
        Adapter adapter = new(name, alpha, file);
        foreach (string tensor in file.Views.Keys)
            adapter.Add(tensor, file, model);
        return adapter._pairs.Count > 0 || adapter.OfEmbedding != null ? adapter : throw new RealmException(ErrorCode.MissingTensor,
            $"{name} has no tensors ending in {SuffixA} and {SuffixB}");
    }

    /// <summary>All changes must have been taken: else the network has no place for one.</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED.</exception>
    public void CheckAllTaken()
    {
        string? left = _pairs.Keys.FirstOrDefault(tensor => !_taken.Contains(tensor)) ?? (OfEmbedding != null && !_isEmbeddingTaken ? Embedding : null);
        if (left != null)
            throw new RealmException(ErrorCode.Unsupported, $"{_name} changes {Quoted.Name(left)}, which is no matrix of a product; that is not supported");
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
        if (changed == Embedding && IsOfRows(file.Views[tensor].Tensor.Shape, half.Tensor.Shape, original.Tensor.Shape))
            OfEmbedding = new Pair(file.Views[tensor], half, (int)half.Tensor.Shape[0]);
        else
            _pairs[changed] = Fit(changed, file.Views[tensor], half, original.Tensor);
    }

    private Pair Fit(string changed, TensorView a, TensorView b, GgufTensor original)
    {
        long[] down = a.Tensor.Shape, up = b.Tensor.Shape, all = original.Shape;
        if (down.Length > 3 || up.Length > 3 || all.Length > 3)
            throw new RealmException(ErrorCode.Unsupported,
                $"{_name} changes {Quoted.Name(changed)}, which has more than three extents; that is not supported");
        long rank = Extent(down, 1), experts = Extent(all, 2);
        if (Extent(down, 2) != experts || Extent(up, 2) != experts)
            throw Wrong($"it is of {Extent(down, 2)} and {Extent(up, 2)} matrices, the model has {experts}");
        if (rank != up[0])
            throw Wrong($"its ranks differ: {SuffixA} has {rank}, {SuffixB} {up[0]}");
        if (down[0] != all[0] || Extent(up, 1) != Extent(all, 1) || rank is < 1 or > ModelReader.MaxWidth)
            throw Wrong($"{string.Join(" x ", down)} and {string.Join(" x ", up)} don't fit the model's {string.Join(" x ", all)}");
        return new Pair(a, b, (int)rank);

        RealmException Wrong(string why) => new(ErrorCode.Shape, $"{_name}: the change of {Quoted.Name(changed)}: {why}");
    }

    private static bool IsOfRows(long[] a, long[] b, long[] table) => a.Length == 2 && b.Length == 2 && table.Length == 2
        && a[0] == b[0] && a[1] == table[1] && b[1] == table[0] && a[0] is > 0 and <= MostEmbeddingRank;

    private static long Extent(long[] shape, int i) => i < shape.Length ? shape[i] : 1;

    private static string Said(string? text) => text == null ? "absent" : Quoted.Name(text);
}
