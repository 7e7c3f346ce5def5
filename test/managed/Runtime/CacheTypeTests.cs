using Realm.State;
using Realm.Runtime;
using Xunit;
using Xunit.Abstractions;

namespace Realm.Tests.Runtime;

/// <summary>What a text loses by the cache's type.</summary>
public sealed class CacheTypeTests(ITestOutputHelper output)
{
    /// <summary>Eight bits move the logits of a real model by less than its 4-bit weights have moved them (NMSE about 0.01), and change nothing about
    /// how passes may be cut.</summary>
    [GoldenFact]
    public void Eight_bits_lose_little()
    {
        using ModelFile file = ModelFile.OpenPath(Path.Combine(Golden.Models!, "smollm2-135m-instruct-q4_1.gguf"));
        int[] tokens = Golden.Integers(Golden.Json("text/smollm2-135m-instruct-q4_1.long.json").GetProperty("tokens"))[..160];
        Dictionary<CacheType, float[]> logits = [];
        foreach (CacheType type in new[] { CacheType.F32, CacheType.F16, CacheType.Q8_0 })
        {
            using Model model = Model.Load(file, new ModelOptions(2, Cache: type));
            logits[type] = Networks.Logits(model, tokens, 512);
            if (type == CacheType.Q8_0)
                Assert.Equal(logits[type], Networks.Logits(model, tokens, 7));
        }
        double half = Golden.Nmse(logits[CacheType.F16], logits[CacheType.F32]), eight = Golden.Nmse(logits[CacheType.Q8_0], logits[CacheType.F16]);
        output.WriteLine($"NMSE: F16 against F32 {half:E2}, Q8_0 against F16 {eight:E2}");
        Assert.InRange(eight, 0, 2e-3);
        // It is not the same cache under another name.
        Assert.True(eight > half);
    }
}
