using Realm.Blocks;
using Realm.Branches;
using Realm.Passes;

namespace Realm.Architectures;

/// <summary>Qwen 4's experiment: Qwen 3-Next's layers with several residual streams, embeddings of n-grams in one of them, and attention that chooses
/// blocks of the past where that is longer than a budget. (Qwen Team, 2026)</summary>
internal static unsafe class Qwen4Exp
{
    private const int MostStreams = 64;
    private const int LongestNgram = 8;
    private const int MostHashes = 64;

    public static Architecture Family { get; } = new("qwen4exp", Build);

    private static Network Build(ModelReader r)
    {
        int streams = (int)r.Range("hyper_connection.count", 2, MostStreams), rank = (int)r.Range("hyper_connection.low_rank", 1, ModelReader.MaxWidth);
        r.Width(streams, r.Hidden, "hyper_connection.count");
        RopeTable rope = r.MultiRope(interleaved: true);
        bool[] recurrent = r.RecurrentLayers(interval: 4);
        r.LimitContext(Budget(r, recurrent));
        int remembers = MemoryLayer(r, recurrent);
        return r.Network(
            r.StreamTokens(streams, remembers >= 0),
            layer =>
            [
                .. layer.Index == remembers ? (Block[])[Memory(layer, streams)] : [],
                new HyperConnections.Part(Mix(r, layer.Name("hc_attn"), streams, rank, shares: true),
                    recurrent[layer.Index] ? layer.GatedDelta(interleaved: false, sigmoidGate: true) : layer.AttentionWithGates(rope)),
                new HyperConnections.Part(Mix(r, layer.Name("hc_ffn"), streams, rank, shares: true), Qwen35.Experts(layer)),
            ],
            new HyperConnections.MixedExit(Mix(r, "output_hc", streams, rank, shares: false), r.Head()));
    }

    private static HyperConnections.Mix Mix(ModelReader r, string name, int streams, int rank, bool shares)
    {
        int all = checked(streams * r.Hidden);
        return new(r.GroupedRmsNorm(name + "_norm", all, streams), r.Linear(name + "_down", rank, all), r.Linear(name + "_up", all, rank), streams,
            shares ? r.Linear(name + "_inject", streams, all) : null);
    }

    // Attention sees all of the past up to a number of positions; beyond it would choose blocks of them, which isn't there yet: the context ends before.
    private static int Budget(ModelReader r, bool[] recurrent)
    {
        const string Key = "attention.indexer.top_k";
        int[] ratios = r.PerLayer("attention.compress_ratios", 0);
        int budget = int.MaxValue;
        for (int i = 0; i < r.Layers; i++)
        {
            if (!recurrent[i] && ratios[i] > 0)
                budget = (int)Math.Min(budget, r.Range(Key, 1, int.MaxValue) + ratios[i] - 1);
        }
        return budget;
    }

    // The layer with a memory of n-grams; -1: none.
    private static int MemoryLayer(ModelReader r, bool[] recurrent)
    {
        const string Key = "ple.layers";
        int count = r.Count(Key);
        if (count == 0)
            return -1;
        if (count > 1)
            throw r.Bad(Key, $"it lists {count} layers; one is supported");
        int layer = (int)r.Integers(Key, 1, 0, r.Layers - 1)[0];
        return recurrent[layer] ? layer : throw r.Bad(Key, $"layer {layer} is no recurrent one");
    }

    private static NgramMemory Memory(LayerReader layer, int streams)
    {
        ModelReader r = layer.Model;
        NgramTable table = Table(r);
        int all = checked(streams * r.Hidden), taps = (int)r.Range("ple.conv_kernel", 1, 1 << 10);
        NgramNorms norms = new(layer.GroupedRmsNorm("ple_norm_key", all, streams), layer.GroupedRmsNorm("ple_norm_query", all, streams),
            layer.GroupedRmsNorm("ple_norm_conv", all, streams));
        return new NgramMemory(table, layer.FixedState(NgramMemory.StateFloats(table), "ple.ngram_size"), layer.Linear("ple_key", all, table.Width),
            layer.Linear("ple_value", r.Hidden, table.Width), norms, layer.Conv("ple_conv1d", all, taps, Activation.Silu, dilation: table.Longest));
    }

    private static NgramTable Table(ModelReader r)
    {
        const string Offsets = "ple.head_offsets";
        int longest = (int)r.Range("ple.ngram_size", 2, LongestNgram), each = (int)r.Range("ple.heads_per_ngram", 1, MostHashes);
        int hashes = checked((longest - 1) * each), size = (int)r.Range("embedding_length_per_layer_input", 1, ModelReader.MaxWidth);
        r.Width(hashes, size, "ple.heads_per_ngram");
        EmbeddingRows rows = r.Tensors.Rows("per_layer_token_embd.weight", size);
        int[] sizes = [.. r.Integers("ple.head_vocab_sizes", hashes, 1, rows.Count).Select(n => (int)n)];
        int[] offsets = [.. r.Integers(Offsets, hashes, 0, rows.Count - 1).Select(n => (int)n)];
        for (int i = 0; i < hashes; i++)
        {
            if (offsets[i] > rows.Count - sizes[i])
                throw r.Bad(Offsets, $"rows {offsets[i]} to {(long)offsets[i] + sizes[i] - 1} of a table of {rows.Count}");
        }
        ulong[] multipliers = [.. r.Integers("ple.layer_multipliers", longest, long.MinValue, long.MaxValue).Select(n => unchecked((ulong)n))];
        return new NgramTable(rows, multipliers, offsets, sizes, (uint)r.Range("ple.eos_token_id", 0, uint.MaxValue));
    }
}
