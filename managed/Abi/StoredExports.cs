using System.Runtime.InteropServices;
using Realm.Generation;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>realm.h, "stored models: Option 3".</summary>
internal static unsafe class StoredExports
{
    // int32_t realm_stored_add_bytes(const uint8_t *bytes, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_add_bytes")]
    public static int AddBytes(byte* bytes, ulong length, uint wanted, uint* id, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(bytes, length, long.MaxValue, "bytes");
        Arguments.Check(id, 1, 1, "id");
        *id = Engine.Stored.Add(LoadedModels.LeaseBytes(bytes, (long)length, new ModelOptions()), wanted);
    });

    // int32_t realm_stored_add_path(const uint8_t *path, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_add_path")]
    public static int AddPath(byte* path, ulong length, uint wanted, uint* id, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(id, 1, 1, "id");
        *id = Engine.Stored.Add(LoadedModels.LeasePath(Arguments.Path(path, length), new ModelOptions()), wanted);
    });

    // int32_t realm_stored_add_model(uint64_t model, uint32_t *id, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_add_model")]
    public static int AddModel(ulong model, uint* id, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(id, 1, 1, "id");
        Engine.Model(model).Use(open =>
        {
            open.Loaded.Lease();
            *id = Engine.Stored.AddOwn(open.Loaded);
        });
    });

    // int32_t realm_stored_open(uint32_t id, int32_t vocab_only, uint64_t *model, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_open")]
    public static int Open(uint id, int vocabOnly, ulong* model, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(model, 1, 1, "model");
        Engine.Stored.Use(id, stored =>
        {
            stored.Loaded.Lease();
            *model = Engine.Models.Add(new OpenModel(stored.Loaded, vocabOnly != 0));
        });
    });

    // int32_t realm_stored_remove(uint32_t id, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_remove")]
    public static int Remove(uint id, RealmError* error) => Boundary.Run(error, () => Engine.Stored.Remove(id));

    // int32_t realm_stored_info(uint32_t id, uint64_t *tensor_count, uint64_t *total_size, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_info")]
    public static int Info(uint id, ulong* tensorCount, ulong* totalSize, RealmError* error) => Boundary.Run(error, () => Engine.Stored.Use(id, model =>
    {
        (int count, long bytes) = model.Info;
        Results.Set(tensorCount, (ulong)count, "tensor_count");
        Results.Set(totalSize, (ulong)bytes, "total_size");
    }));

    // int32_t realm_stored_shape(uint32_t id, uint32_t *hidden, uint32_t *vocab, uint32_t *layers, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_shape")]
    public static int Shape(uint id, uint* hidden, uint* vocab, uint* layers, RealmError* error) => Boundary.Run(error, () => Engine.Stored.Use(id, model =>
    {
        (uint width, uint vocabulary, uint depth) = model.Shape;
        Results.Set(hidden, width, "hidden");
        Results.Set(vocab, vocabulary, "vocab");
        Results.Set(layers, depth, "layers");
    }));

    // int32_t realm_stored_tensor_size(uint32_t id, const uint8_t *name, uint64_t length, uint64_t *elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_tensor_size")]
    public static int TensorSize(uint id, byte* name, ulong length, ulong* elements, RealmError* error) => Boundary.Run(error, () =>
    {
        string text = Arguments.Name(name, length);
        Engine.Stored.Use(id, model => Results.Set(elements, (ulong)model.TensorSize(text), "elements"));
    });

    // int32_t realm_stored_tensor_read(uint32_t id, const uint8_t *name, uint64_t length, float *out, uint64_t elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_tensor_read")]
    public static int TensorRead(uint id, byte* name, ulong length, float* output, ulong elements, RealmError* error) => Boundary.Run(error, () =>
    {
        string text = Arguments.Name(name, length);
        Arguments.Check(output, elements, long.MaxValue, "out");
        Engine.Stored.Use(id, model => model.ReadTensor(text, output, elements));
    });

    // int32_t realm_stored_embed(uint32_t id, const uint32_t *tokens, uint64_t count, float *out, uint64_t elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_embed")]
    public static int Embed(uint id, uint* tokens, ulong count, float* output, ulong elements, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, long.MaxValue, "out");
        Engine.Stored.Use(id, model => model.Embed(tokens, count, output, elements));
    });

    // int32_t realm_stored_forward(uint32_t id, uint32_t layer, const float *hidden, uint64_t elements, uint32_t position, float *out, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_forward")]
    public static int Forward(uint id, uint layer, float* hidden, ulong elements, uint position, float* output, RealmError* error) =>
        Boundary.Run(error, () => Engine.Stored.Use(id, model => model.Forward(layer, hidden, elements, position, output)));

    // int32_t realm_stored_logits(uint32_t id, const float *hidden, uint64_t elements, float *out, uint64_t out_elements, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_stored_logits")]
    public static int Logits(uint id, float* hidden, ulong elements, float* output, ulong outputElements, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, outputElements, long.MaxValue, "out");
        Engine.Stored.Use(id, model => model.Logits(hidden, elements, output, outputElements));
    });
}
