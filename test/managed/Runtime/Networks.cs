using Realm.Blocks;
using Realm.Runtime;

namespace Realm.Tests.Runtime;

/// <summary>What tests do with models.</summary>
internal static unsafe class Networks
{
    /// <summary>Logits of every position, (tokens, vocabulary), in chunks of `chunk` tokens.</summary>
    public static float[] Logits(Model model, ReadOnlySpan<int> tokens, int chunk, long longest = 0)
    {
        int vocab = model.Config.VocabSize;
        float[] logits = new float[tokens.Length * vocab];
        using Session session = model.NewSession(longest);
        using Batch batch = model.NewBatch();
        chunk = Math.Min(chunk, batch.Capacity);
        for (int at = 0; at < tokens.Length; at += chunk)
        {
            batch.Clear();
            int count = Math.Min(chunk, tokens.Length - at);
            for (int i = 0; i < count; i++)
                batch.Add(session, tokens[at + i], true);
            model.Forward(batch);
            for (int i = 0; i < count; i++)
                new ReadOnlySpan<float>(batch.Logits(i), vocab).CopyTo(logits.AsSpan((at + i) * vocab));
        }
        return logits;
    }

    /// <summary>Vectors of texts, one after another.</summary>
    public static float[] Vectors(Model model, int[][] texts, EmbeddingOptions options)
    {
        using TextEmbedder embedder = new(model, options);
        float[] vectors = new float[texts.Sum(embedder.SizeOf)];
        fixed (float* output = vectors)
        {
            if (!embedder.Run(texts, output))
                throw new InvalidOperationException("cancelled");
        }
        return vectors;
    }

    /// <summary>Numbers of a row that the layer-by-layer calls hand on. The hidden state is the first of them.</summary>
    public static int RowSize(Model model) => model.Config.RowSize;

    /// <summary>The same through the layer-by-layer calls, in chunks of `chunk` tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="chunk">Tokens a call.</param>
    /// <param name="layers">Receives the hidden states after each layer: (tokens, hidden size).</param>
    /// <param name="withLogits">False for a network that has none: then the results are the tokens' vectors.</param>
    public static float[] LayerByLayer(Model model, ReadOnlySpan<int> tokens, int chunk, List<float[]>? layers = null, bool withLogits = true)
    {
        int vocab = withLogits ? model.Config.VocabSize : model.VectorSize, hidden = model.Config.HiddenSize, width = RowSize(model);
        float[] logits = new float[tokens.Length * vocab];
        using Session session = model.NewSession();
        for (int layer = 0; layers != null && layer < model.Config.Layers; layer++)
            layers.Add(new float[tokens.Length * hidden]);
        for (int at = 0; at < tokens.Length; at += chunk)
        {
            int count = Math.Min(chunk, tokens.Length - at);
            uint[] ids = new uint[count];
            for (int i = 0; i < count; i++)
                ids[i] = (uint)tokens[at + i];
            float[] x = new float[count * width];
            fixed (uint* t = ids)
            fixed (float* h = x, l = logits)
            {
                model.Embed(t, count, h);
                for (int layer = 0; layer < model.Config.Layers; layer++)
                {
                    model.ForwardLayer(session, layer, h, count, at, h);
                    for (int i = 0; layers != null && i < count; i++)
                        x.AsSpan(i * width, hidden).CopyTo(layers[layer].AsSpan((at + i) * hidden));
                }
                for (int i = 0; i < count; i++)
                {
                    if (withLogits)
                        model.ComputeLogits(h + i * width, l + (long)(at + i) * vocab);
                    else
                        model.FinishVector(h + i * width, l + (long)(at + i) * vocab);
                }
            }
        }
        return logits;
    }

    /// <summary>Greedy continuation of a prompt.</summary>
    public static int[] Greedy(Model model, ReadOnlySpan<int> prompt, int count)
    {
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        for (int i = 0; i < prompt.Length; i++)
            batch.Add(session, prompt[i], i == prompt.Length - 1);
        int[] output = new int[count];
        for (int i = 0; i < count; i++)
        {
            model.Forward(batch);
            ReadOnlySpan<float> logits = new(batch.Logits(batch.Count - 1), model.Config.VocabSize);
            output[i] = Largest(logits);
            batch.Clear();
            batch.Add(session, output[i], true);
        }
        return output;
    }

    public static int Largest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }
        return best;
    }
}
