using System.Text;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Tokenizers;

/// <summary>
/// Four megabytes of one kind, on a thread with a stack of a quarter megabyte: no recursion, and no way that is quadratic, which would
/// take minutes here.
/// </summary>
public class LongTextTests
{
    private const int Bytes = 1 << 22, Stack = 1 << 18;

    [Theory]
    [InlineData("a")]
    [InlineData("\u0301")]
    public void InEveryKind(string unit)
    {
        foreach ((string model, _) in TokenizerModels.All)
        {
            Tokenizer tokenizer = Make(model, unit == "a" ? "qwen2" : "gpt-4o");
            int count = OnASmallStack(tokenizer, unit);
            Assert.True(model is "bert" or "t5" ? count > 0 : count > 1000, $"{model}: {count} tokens");
        }
    }

    /// <summary>The expressions are run by scanners that look at each byte a few times at most.</summary>
    [Theory]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("\n ")]
    [InlineData("'")]
    [InlineData("aB")]
    public void ForEveryPreTokenizer(string unit)
    {
        // It comes to its end, where a special token is.
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, (1 << 19) / unit.Length)) + "x[SEP]");
        foreach (string pre in PreTokenizers.Names)
            Assert.Equal(258, Make("gpt2", pre).Encode(text, addSpecial: false, parseSpecial: true)[^1]);
    }

    private static int OnASmallStack(Tokenizer tokenizer, string unit)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, Bytes / Encoding.UTF8.GetByteCount(unit))));
        int count = 0;
        var thread = new Thread(() => count = tokenizer.Encode(text, addSpecial: true, parseSpecial: true).Length, Stack);
        thread.Start();
        thread.Join();
        return count;
    }

    private static Tokenizer Make(string model, string pre)
    {
        bool raw = model is "gemma4" or "llama" or "t5" or "plamo2";
        string[] letters = [.. Enumerable.Range(0, 256).Select(b => raw ? $"<0x{b:X2}>" : TinyVocabulary.Alphabet([(byte)b]))];
        string[] added = ["<unk>", "[CLS]", "[SEP]", "aa", "aaaa", "\u2581a", "\u2581", "\u0301", "\u0301\u0301"];
        if (raw) added = [.. added, "a"];
        return Tokenizer.Create(new GgufWriter().Add("tokenizer.ggml.model", model).Add("tokenizer.ggml.pre", pre)
            .Add("tokenizer.ggml.tokens", (string[])[.. letters, .. added])
            .Add("tokenizer.ggml.token_type", (int[])[.. letters.Select(_ => raw ? 6 : 1), 2, 3, 3, .. added[3..].Select(_ => 1)])
            .Add("tokenizer.ggml.scores", (float[])[.. letters.Select(_ => -9f), .. added.Select((_, i) => -1f - i)])
            .Add("tokenizer.ggml.merges", new[] { "a a", "aa aa", "\u2581 a", "\u0301 \u0301" })
            .Add("tokenizer.ggml.unknown_token_id", 256u).Add("tokenizer.ggml.bos_token_id", 257u)
            .Add("tokenizer.ggml.eos_token_id", 258u).Add("tokenizer.ggml.seperator_token_id", 258u).ReadMetadata())!;
    }
}
