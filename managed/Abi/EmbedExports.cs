using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>realm.h, "models": vectors of texts.</summary>
internal static unsafe class EmbedExports
{
    // int32_t realm_model_embed_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint32_t *lengths, uint64_t texts, int32_t pooling, int32_t normalize, uint32_t dimensions, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_embed_start")]
    public static int EmbedStart(
        ulong model,
        uint* ids,
        ulong count,
        uint* lengths,
        ulong texts,
        int pooling,
        int normalize,
        uint dimensions,
        float* output,
        ulong elements,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(output, elements, long.MaxValue / sizeof(float), "out");
        Arguments.Check(job, 1, 1, "job");
        if (pooling is < 0 or > (int)Pooling.Rank)
            throw new RealmException(ErrorCode.InvalidArgument, $"pooling is {pooling}; expected 0 to {(int)Pooling.Rank}");
        int[][] parts = Texts(Arguments.Ids(ids, count), Arguments.Ids(lengths, texts));
        EmbeddingOptions options = new((Pooling)pooling, normalize != 0, (int)Math.Min(dimensions, int.MaxValue));
        *job = Engine.Register(Engine.Model(model).Embed(parts, options, output, elements, notify, user));
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
