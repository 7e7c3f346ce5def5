using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Realm.Generation;

namespace Realm.Abi;

/// <summary>realm.h, "samplers": choosing tokens for whoever goes layer by layer.</summary>
internal static unsafe class SamplerExports
{
    /// <summary>They end with their model.</summary>
    private static readonly ConditionalWeakTable<OpenModel, HandleTable<TokenSampler>> _samplers = [];

    // int32_t realm_sampler_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *sampler, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_sampler_open")]
    public static int Open(ulong model, byte* options, ulong optionsLength, ulong* sampler, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(sampler, 1, 1, "sampler");
        GenerationOptions how = GenerationOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        Engine.Model(model).Use(open => *sampler = _samplers.GetOrCreateValue(open).Add(new TokenSampler(open, how)));
    });

    // int32_t realm_sampler_accept(uint64_t model, uint64_t sampler, const uint32_t *ids, uint64_t count, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_sampler_accept")]
    public static int Accept(ulong model, ulong sampler, uint* ids, ulong count, RealmError* error) => Boundary.Run(error, () =>
        Engine.Model(model).Use(open => Of(open, sampler).Accept(TokenExports.Checked(open, ids, count))));

    // int32_t realm_sampler_choose(uint64_t model, uint64_t sampler, const float *logits, uint64_t elements, uint32_t *token, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_sampler_choose")]
    public static int Choose(ulong model, ulong sampler, float* logits, ulong elements, uint* token, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(logits, elements, int.MaxValue / sizeof(float), "logits");
        Arguments.Check(token, 1, 1, "token");
        Engine.Model(model).Use(open => *token = (uint)Of(open, sampler).Choose(new ReadOnlySpan<float>(logits, (int)elements)));
    });

    // int32_t realm_sampler_close(uint64_t model, uint64_t sampler, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_sampler_close")]
    public static int Close(ulong model, ulong sampler, RealmError* error) => Boundary.Run(error, () =>
        Engine.Model(model).Use(open =>
        {
            Of(open, sampler);
            _samplers.GetOrCreateValue(open).Remove(sampler);
        }));

    private static TokenSampler Of(OpenModel open, ulong sampler) =>
        (_samplers.TryGetValue(open, out HandleTable<TokenSampler>? samplers) ? samplers.Find(sampler) : null)
        ?? throw new RealmException(ErrorCode.InvalidArgument, $"{sampler} is no sampler of this model");
}
