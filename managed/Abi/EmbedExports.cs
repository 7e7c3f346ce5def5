using System.Runtime.InteropServices;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>realm.h, "models": vectors of texts.</summary>
internal static unsafe class EmbedExports
{
    // int32_t realm_model_embed_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint32_t *lengths, uint64_t texts, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_embed_start")]
    public static int EmbedStart(
        ulong model,
        uint* ids,
        ulong count,
        uint* lengths,
        ulong texts,
        byte* options,
        ulong optionsLength,
        float* output,
        ulong elements,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, long.MaxValue / sizeof(float), "out");
        Arguments.Check(job, 1, 1, "job");
        int[][] parts = Texts(Arguments.Ids(ids, count), Arguments.Ids(lengths, texts));
        EmbeddingOptions how = ComputeOptionTables.Embed(Arguments.Bytes(options, optionsLength, "options"));
        *job = Engine.Register(Engine.Model(model).Embed(parts, how, output, elements, notify, user));
    });

    private static int[][] Texts(ReadOnlySpan<uint> ids, ReadOnlySpan<uint> lengths)
    {
        int[][] texts = new int[lengths.Length][];
        for (int i = 0; i < texts.Length; i++)
        {
            if (lengths[i] > (uint)ids.Length)
                throw new RealmException(ErrorCode.InvalidArgument,
                    $"text {i} has {lengths[i]} tokens, of which only {ids.Length} are left");
            texts[i] = MemoryMarshal.Cast<uint, int>(ids[..(int)lengths[i]]).ToArray();
            ids = ids[(int)lengths[i]..];
        }
        return ids.IsEmpty ? texts : throw new RealmException(ErrorCode.InvalidArgument,
            $"{ids.Length} tokens are left behind the last text");
    }
}
