using Realm.Architectures;
using Realm.Blocks;
using Realm.Generation;
using Realm.Gguf;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>A model under one stored id, with the sequence that <see cref="Forward"/> continues. Calls on one id run one after the other.</summary>
internal sealed unsafe class StoredModel(LoadedModel loaded, UInt128 hash, bool isAutomatic, bool isOwn = false)
{
    private readonly object _gate = new();
    private Session? _session;
    private ModelConfig? _config;
    private bool _disposed;

    public LoadedModel Loaded => loaded;

    /// <summary>The id comes from the content.</summary>
    public bool IsAutomatic => isAutomatic;

    /// <summary>Made by <see cref="StoredModels.AddOwn"/>: nobody else may be given it.</summary>
    public bool IsOwn => isOwn;

    /// <summary>Tensors, and their bytes in the file.</summary>
    public (int Count, long Bytes) Info => (loaded.File.Tensors.Count, loaded.File.TensorBytes);

    /// <summary>Numbers of a row between layers, rows of the embedding, layers. Of a file without a whole network what the metadata says, or else the
    /// embedding; 0 where neither does.</summary>
    public (uint Hidden, uint Vocabulary, uint Layers) Shape
    {
        get
        {
            if (Config is { } config)
                return ((uint)config.RowSize, (uint)config.VocabSize, (uint)config.Layers);
            GgufMetadata metadata = loaded.File.Metadata;
            string? architecture = metadata.Text("general.architecture");
            GgufTensor? embedding = loaded.File.Find("token_embd.weight");
            return (
                Size(metadata.Integer($"{architecture}.embedding_length") ?? embedding?.Shape[0] ?? 0),
                Size(embedding?.Rows ?? metadata.Count("tokenizer.ggml.tokens")),
                Size(metadata.Integer($"{architecture}.block_count") ?? 0));
        }
    }

    private ModelConfig? Config
    {
        get
        {
            try
            {
                return _config ??= Model.Inspect(loaded.File, new ModelOptions()).Config;
            }
            catch (RealmException)
            {
                return null;
            }
        }
    }

    public bool HasContent(LoadedModel other, UInt128 otherHash) =>
        loaded == other || (hash == otherHash && loaded.File.SameContent(other.File));

    /// <summary>Numbers in a tensor.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.TensorNotFound"/>.</exception>
    public long TensorSize(string name) => Tensor(name).Elements;

    /// <summary>A tensor's numbers, in the file's order.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.TensorNotFound"/>, <see cref="ErrorCode.Unsupported"/>: its format cannot be decoded.</exception>
    public void ReadTensor(string name, float* output, ulong elements)
    {
        GgufTensor tensor = Tensor(name);
        CheckOutput(elements, (ulong)tensor.Elements);
        loaded.File.DecodeTensor(tensor, output);
    }

    /// <summary>The rows that tokens enter the network with: output (tokens, row size). A file that has an embedding and no whole network gives that
    /// embedding's rows.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidToken"/>, <see cref="ErrorCode.TensorNotFound"/>, <see cref="ErrorCode.Unsupported"/>.</exception>
    public void Embed(uint* tokens, ulong count, float* output, ulong elements)
    {
        if (Network(out RealmException? _) is { } model)
        {
            Arguments.Check(tokens, count, (ulong)(long.MaxValue / sizeof(float) / model.Config.RowSize), "tokens");
            CheckOutput(elements, count * (ulong)model.Config.RowSize);
            model.Embed(tokens, (long)count, output);
            return;
        }
        Entry entry = Entry.OfEmbedding(loaded.File);
        Arguments.Check(tokens, count, (ulong)(long.MaxValue / sizeof(float) / entry.RowSize), "tokens");
        CheckOutput(elements, count * (ulong)entry.RowSize);
        entry.Fill(tokens, (long)count, output);
        loaded.File.CheckUnchanged();
    }

    /// <summary>One layer: hidden and output (rows, row size). The layer's state is cut to <paramref name="position"/> and grows by the rows.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: no such layer, or not whole rows. <see cref="ErrorCode.CacheGap"/>.
    /// <see cref="ErrorCode.ContextFull"/>.</exception>
    public void Forward(uint layer, float* hidden, ulong elements, uint position, float* output)
    {
        if (layer >= Shape.Layers)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"attn_norm.weight not found for layer {layer}");
        }
        Model model = loaded.Model;
        uint width = (uint)model.Config.RowSize;
        if (elements % width != 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"Invalid hidden_states length: {elements} not divisible by hidden_size {width}");
        }
        Arguments.Check(hidden, elements, long.MaxValue / sizeof(float), "hidden_states");
        Arguments.Check(output, elements, long.MaxValue / sizeof(float), "out");
        lock (_gate)
        {
            if (_disposed)
            {
                throw new RealmException(ErrorCode.ModelNotFound, "the model was removed");
            }
            _session ??= model.NewSession();
            model.ForwardLayer(_session, (int)layer, hidden, (long)(elements / width), position, output);
        }
    }

    /// <summary>Final norm and output head of one row: hidden (row size), output (vocabulary).</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: another length.</exception>
    public void Logits(float* hidden, ulong elements, float* output, ulong outputElements)
    {
        Model model = Network(out RealmException? failure) ?? throw (loaded.File.Find("output_norm.weight") == null
            ? new RealmException(ErrorCode.TensorNotFound, "output_norm.weight not found")
            : failure!);
        uint width = (uint)model.Config.RowSize;
        if (elements != width)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"Invalid hidden_state length: {elements} != {width}");
        }
        Arguments.Check(hidden, elements, long.MaxValue / sizeof(float), "hidden_state");
        CheckOutput(outputElements, (ulong)model.Config.VocabSize);
        model.ComputeLogits(hidden, output);
    }

    /// <summary>The id is gone: frees its sequence, and its share of the model. Waits for a call under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _session?.Dispose();
            _session = null;
        }
        loaded.Release();
    }

    // Null: the file has no whole network that this engine runs.
    private Model? Network(out RealmException? failure)
    {
        failure = null;
        try
        {
            return loaded.Model;
        }
        catch (RealmException e) when (e.Code is not (ErrorCode.OutOfMemory or ErrorCode.Io or ErrorCode.Truncated))
        {
            failure = e;
            return null;
        }
    }

    private GgufTensor Tensor(string name) =>
        loaded.File.Find(name) ?? throw new RealmException(ErrorCode.TensorNotFound, $"Tensor '{name}' not found");

    private static void CheckOutput(ulong elements, ulong needed)
    {
        if (elements < needed)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"the output holds {elements} numbers, {needed} are needed");
        }
    }

    private static uint Size(long value) => value is > 0 and <= uint.MaxValue ? (uint)value : 0;
}
