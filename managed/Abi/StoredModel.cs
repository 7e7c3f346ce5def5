using System.Runtime.CompilerServices;
using Realm.Formats;
using Realm.Generation;
using Realm.Gguf;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>A model under one stored id, with the sequence that <see cref="Forward"/> continues. Calls on one id run one after the other.</summary>
internal sealed unsafe class StoredModel(LoadedModel loaded, UInt128 hash, bool isAutomatic, bool isOwn = false)
{
    private readonly object _gate = new();
    private Session? _session;
    private bool _disposed;

    public LoadedModel Loaded => loaded;

    /// <summary>The id comes from the content.</summary>
    public bool IsAutomatic => isAutomatic;

    /// <summary>Made by <see cref="StoredModels.AddOwn"/>: nobody else may be given it.</summary>
    public bool IsOwn => isOwn;

    /// <summary>Tensors, and their bytes in the file.</summary>
    public (int Count, long Bytes) Info => (loaded.File.Tensors.Count, loaded.File.TensorBytes);

    /// <summary>Sizes as the metadata says, or else the embedding; 0 where neither does.</summary>
    public (uint Hidden, uint Vocabulary, uint Layers) Shape
    {
        get
        {
            GgufMetadata metadata = loaded.File.Metadata;
            string? architecture = metadata.Text("general.architecture");
            GgufTensor? embedding = loaded.File.Find("token_embd.weight");
            return (
                Size(metadata.Integer($"{architecture}.embedding_length") ?? embedding?.Shape[0] ?? 0),
                Size(embedding?.Rows ?? metadata.Texts("tokenizer.ggml.tokens")?.Length ?? 0),
                Size(metadata.Integer($"{architecture}.block_count") ?? 0));
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

    /// <summary>The rows of the embedding, decoded from the file: output (tokens, hidden). Needs no packed weights.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidToken"/>, <see cref="ErrorCode.TensorNotFound"/>, <see cref="ErrorCode.Unsupported"/>.</exception>
    public void Embed(uint* tokens, ulong count, float* output, ulong elements)
    {
        GgufTensor embedding = loaded.File.Find("token_embd.weight") ?? throw new RealmException(ErrorCode.TensorNotFound, "token_embd.weight not found");
        WeightFormat format = Formats.Formats.Find(embedding.Type) ?? throw new RealmException(ErrorCode.Unsupported,
            $"Failed to dequantize embeddings: tensor 'token_embd.weight' has the format {Formats.Formats.Name(embedding.Type)}, which is not supported");
        long hidden = embedding.Shape[0];
        Arguments.Check(tokens, count, (ulong)(long.MaxValue / sizeof(float) / Math.Max(hidden, 1)), "tokens");
        CheckOutput(elements, count * (ulong)hidden);
        long rowBytes = embedding.Rows == 0 ? 0 : embedding.Bytes / embedding.Rows;
        byte* data = loaded.File.Data(embedding);
        for (ulong i = 0; i < count; i++)
        {
            // Read once: the caller's memory may change between a check and a use.
            uint token = Unsafe.ReadUnaligned<uint>(tokens + i);
            if (token >= embedding.Rows)
            {
                throw new RealmException(ErrorCode.InvalidToken, $"token {token} at index {i} is not in the vocabulary of {embedding.Rows}");
            }
            format.Decode(data + (token * rowBytes), output + ((long)i * hidden), hidden);
        }
    }

    /// <summary>One layer: hidden and output (rows, hidden size). The layer's cache is cut to <paramref name="position"/> and grows by the rows.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: no such layer, or not whole rows. <see cref="ErrorCode.CacheGap"/>.
    /// <see cref="ErrorCode.ContextFull"/>.</exception>
    public void Forward(uint layer, float* hidden, ulong elements, uint position, float* output)
    {
        (uint width, _, uint layers) = Shape;
        if (layer >= layers)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"attn_norm.weight not found for layer {layer}");
        }
        if (width == 0 || elements % width != 0)
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
            Model model = loaded.Model;
            _session ??= model.NewSession();
            model.ForwardLayer(_session, (int)layer, hidden, (long)(elements / width), position, output);
        }
    }

    /// <summary>Final norm and output head of one row: hidden (hidden size), output (vocabulary).</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: another length. <see cref="ErrorCode.TensorNotFound"/>.</exception>
    public void Logits(float* hidden, ulong elements, float* output, ulong outputElements)
    {
        uint width = Shape.Hidden;
        if (loaded.File.Find("output_norm.weight") == null)
        {
            throw new RealmException(ErrorCode.TensorNotFound, "output_norm.weight not found");
        }
        if (elements != width)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"Invalid hidden_state length: {elements} != {width}");
        }
        Arguments.Check(hidden, elements, long.MaxValue / sizeof(float), "hidden_state");
        Model model = loaded.Model;
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
