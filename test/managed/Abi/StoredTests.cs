using Realm.Abi;
using Realm.Runtime;
using Realm.Tests.Generation;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Abi;

/// <summary>The seven functions behind their C entry points.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class StoredTests
{
    private static readonly byte[] _atlas = File.ReadAllBytes(Golden.TinyAtlas);

    /// <summary>A file with one small tensor, which differs with the value.</summary>
    private static byte[] Small(float value) => new GgufWriter().Add("general.architecture", "llama").Tensor("x", [2, 2], [value, 2, 3, 4]).ToArray();

    [Fact]
    public void AnIdComesFromTheContent()
    {
        (int status, _, uint id) = Calls.Add(_atlas);
        Assert.Equal(0, status);
        Assert.InRange(id, 1u, 0x7FFFFFFFu);
        Assert.Equal(id, Calls.Add((byte[])_atlas.Clone()).Id);
        Assert.Equal(id, Calls.AddPath(Golden.TinyAtlas).Id);
        (_, _, uint other) = Calls.Add(Small(1));
        Assert.NotEqual(id, other);
        Assert.Equal((0, "", 1ul, 16ul), Calls.Info(other));
        Assert.Equal(new float[] { 1, 2, 3, 4 }, Calls.Tensor(other, "x").Values);
        Assert.Equal((0, ""), Calls.Remove(id));
        Assert.Equal((26, $"Model {id} not found"), Calls.Remove(id));
        Assert.Equal(id, Calls.Add(_atlas).Id);
        Calls.Remove(id);
        Calls.Remove(other);
        Assert.Equal((26, $"Model {id} not found", 0ul, 0ul), Calls.Info(id));
        Assert.Equal((26, $"Model {id} not found"), Calls.Embed(id, [1], new float[9]));
        Assert.Equal((26, "Model 4294967295 not found"), Calls.Remove(uint.MaxValue));
    }

    [Fact]
    public void AWishedIdIsHonoured()
    {
        Assert.Equal((0, "", 3_000_000_000u), Calls.Add(Small(1), 3_000_000_000));
        Assert.Equal(3_000_000_000u, Calls.Add(Small(1), 3_000_000_000).Id);
        (int status, string message, _) = Calls.Add(Small(2), 3_000_000_000);
        Assert.Equal((27, "Model ID 3000000000 already exists with different model. Use a different ID or remove existing model."), (status, message));
        // A second id for the same content, and the one of the content itself.
        Assert.Equal(5u, Calls.Add(Small(1), 5).Id);
        uint automatic = Calls.Add(Small(1)).Id;
        Assert.NotEqual(5u, automatic);
        Assert.Equal(0, Calls.Remove(3_000_000_000).Status);
        Assert.Equal(new float[] { 1, 2, 3, 4 }, Calls.Tensor(5, "x").Values);
        Assert.Equal(0, Calls.Remove(5).Status);
        Assert.Equal(new float[] { 1, 2, 3, 4 }, Calls.Tensor(automatic, "x").Values);
        Assert.Equal(0, Calls.Remove(automatic).Status);
    }

    /// <summary>For guests: an id that nobody else gets, with a sequence of its own; and the way back to a model.</summary>
    [Fact]
    public void AnOwnIdIsNobodyElses()
    {
        uint shared = Calls.Add(_atlas).Id;
        (int status, _, ulong model) = Calls.OpenStored(shared);
        Assert.Equal(0, status);
        (_, _, uint first) = Calls.AddModel(model);
        (_, _, uint second) = Calls.AddModel(model);
        Assert.True(first > 0x7FFFFFFF && second > 0x7FFFFFFF && first != second);
        // The same content, and yet it is not given away, neither by wish nor by content.
        Assert.Equal(27, Calls.Add(_atlas, first).Status);
        Assert.Equal(shared, Calls.Add(_atlas).Id);

        var row = new float[Calls.Shape(first).Hidden];
        Assert.Equal(0, Calls.Forward(first, 0, row, 0).Status);
        Assert.Equal(0, Calls.Forward(first, 0, row, 1).Status);
        Assert.Equal(30, Calls.Forward(second, 0, row, 1).Status);
        Assert.Equal(30, Calls.Forward(shared, 0, row, 1).Status);

        // Whoever goes first takes nothing from the others.
        Assert.Equal(0, Calls.Remove(shared).Status);
        Assert.Equal(0, Calls.Remove(first).Status);
        Assert.Equal(0, Calls.CloseModel(model));
        Assert.Equal(0, Calls.Forward(second, 0, row, 0).Status);
        Assert.Equal(0, Calls.Remove(second).Status);
        Assert.Equal((26, $"Model {shared} not found"), (Calls.OpenStored(shared).Status, Calls.OpenStored(shared).Message));
        Assert.Equal((28, "the model was closed"), (Calls.AddModel(model).Status, Calls.AddModel(model).Message));
    }

    /// <summary>Another model has the id that the content's hash gives: the next free one is taken, and found again.</summary>
    [Fact]
    public void CollidingIdsMoveOn()
    {
        uint id = Calls.Add(Small(1)).Id;
        Calls.Remove(id);
        Assert.Equal(id, Calls.Add(Small(2), id).Id);
        uint next = id == 0x7FFFFFFF ? 1 : id + 1;
        Assert.Equal(next, Calls.Add(Small(1)).Id);
        Assert.Equal(next, Calls.Add(Small(1)).Id);
        Calls.Remove(id);
        Assert.Equal(next, Calls.Add(Small(1)).Id);
        Calls.Remove(next);
    }

    [Fact]
    public void ABadFileTakesNoId()
    {
        (int status, string message, uint id) = Calls.Add([1, 2, 3]);
        Assert.NotEqual(0, status);
        Assert.NotEmpty(message);
        Assert.Equal(0u, id);
        (status, message, _) = Calls.AddPath("/nowhere/model.gguf");
        Assert.Equal((int)ErrorCode.Io, status);
        Assert.Contains("/nowhere/model.gguf", message);
        Assert.Equal((1, "the path is empty"), (Calls.AddPath("").Status, Calls.AddPath("").Message));
        Assert.Equal(1, Calls.AddPath("a\0b").Status);
    }

    [Fact]
    public void Texts()
    {
        uint id = Calls.Add(_atlas).Id;
        (uint hidden, uint vocabulary, uint layers) = Calls.Shape(id);
        Assert.Equal((256u, 1024u * 0 + vocabulary, 4u), (hidden, vocabulary, layers));
        Assert.Equal((29, "Tensor 'no.such' not found"), (Calls.Tensor(id, "no.such").Status, Calls.Tensor(id, "no.such").Message));
        Assert.Equal((1, "Invalid hidden_states length: 257 not divisible by hidden_size 256"), Calls.Forward(id, 0, new float[257], 0));
        Assert.Equal((1, "attn_norm.weight not found for layer 4"), Calls.Forward(id, 4, new float[256], 0));
        Assert.Equal((30, "position 1 leaves a gap: layer 0 holds 0 positions"), Calls.Forward(id, 0, new float[256], 1));
        Assert.Equal((1, "Invalid hidden_state length: 255 != 256"), Calls.Logits(id, new float[255], new float[vocabulary]));
        (int status, string message) = Calls.Embed(id, [1, vocabulary], new float[512]);
        Assert.Equal((2, $"token {vocabulary} at index 1 is not in the vocabulary of {vocabulary}"), (status, message));
        Assert.Equal(1, Calls.Embed(id, [1, 2], new float[511]).Status);
        Assert.Equal(0, Calls.Embed(id, [], []).Status);
        Assert.Equal(1, Calls.Logits(id, new float[256], new float[vocabulary - 1]).Status);
        Calls.Remove(id);

        uint small = Calls.Add(Small(1)).Id;
        Assert.Equal((29, "token_embd.weight not found"), Calls.Embed(small, [1], new float[4]));
        Assert.Equal((29, "output_norm.weight not found"), Calls.Logits(small, new float[4], new float[4]));
        Assert.Equal((1, "attn_norm.weight not found for layer 0"), Calls.Forward(small, 0, new float[4], 0));
        Calls.Remove(small);

        // Q8_K: a type that GGML has for its own use.
        uint strange = Calls.Add(new GgufWriter().Add("general.architecture", "llama").Tensor("token_embd.weight", 15, [256, 1], new byte[292]).ToArray()).Id;
        (status, message) = Calls.Embed(strange, [0], new float[256]);
        Assert.Equal((23, "Failed to dequantize embeddings: tensor 'token_embd.weight' has the format Q8_K, which is not supported"), (status, message));
        Assert.Equal(23, Calls.Tensor(strange, "token_embd.weight").Status);
        Calls.Remove(strange);
    }

    /// <summary>Layer by layer gives the bits of the whole; two ids of one model have a sequence each.</summary>
    [Fact]
    public void LayerByLayer()
    {
        uint a = Calls.Add(_atlas).Id;
        uint b = Calls.Add(_atlas, 7).Id;
        (uint hidden, uint vocabulary, uint layers) = Calls.Shape(a);
        uint[] tokens = [0, 285, 276, 271, 1043, 265];
        uint[] others = [0, 285, 311, 271, 1002, 265];
        float[] expected, expectedOthers;
        using (ModelFile file = ModelFile.OpenPath(Golden.TinyAtlas))
        using (Model model = Model.Load(file, new ModelOptions(1)))
        {
            expected = Networks.Logits(model, [.. tokens.Select(t => (int)t)], 6)[^(int)vocabulary..];
            expectedOthers = Networks.Logits(model, [.. others.Select(t => (int)t)], 6)[^(int)vocabulary..];
        }
        float[] Run(uint id, ReadOnlySpan<uint> ids, uint position)
        {
            var rows = new float[ids.Length * hidden];
            Assert.Equal((0, ""), Calls.Embed(id, ids.ToArray(), rows));
            for (uint layer = 0; layer < layers; layer++)
            {
                Assert.Equal((0, ""), Calls.Forward(id, layer, rows, position));
            }
            var logits = new float[vocabulary];
            Assert.Equal((0, ""), Calls.Logits(id, rows.AsSpan(^(int)hidden..), logits));
            return logits;
        }
        Run(a, tokens.AsSpan(0, 2), 0);
        Run(b, others.AsSpan(0, 3), 0);
        Run(a, tokens.AsSpan(2, 3), 2);
        Assert.Equal(expectedOthers, Run(b, others.AsSpan(3), 3));
        Assert.Equal(expected, Run(a, tokens.AsSpan(5), 5));
        // Back to the start: the cache is cut.
        Assert.Equal(expectedOthers, Run(a, others, 0));
        Calls.Remove(a);
        Assert.Equal(expected, Run(b, tokens, 0));
        Calls.Remove(b);
    }

    [Fact]
    public void NullPointersAreRefused()
    {
        delegate* unmanaged<byte*, ulong, uint, uint*, RealmError*, int> add = &StoredExports.AddBytes;
        uint id;
        Assert.Equal(1, add(null, 5, 0, &id, null));
        fixed (byte* p = _atlas)
        {
            Assert.Equal(1, add(p, (ulong)_atlas.Length, 0, null, null));
        }
        delegate* unmanaged<uint, ulong*, ulong*, RealmError*, int> info = &StoredExports.Info;
        uint stored = Calls.Add(Small(1)).Id;
        Assert.Equal(1, info(stored, null, null, null));
        Calls.Remove(stored);
    }
}
