using Realm.Gguf;
using Realm.Tokenizers.Splitters;

namespace Realm.Tokenizers;

/// <summary>
/// The pre-tokenizers: the one place that knows their names. A new one is a line here and, when its expression is new, a
/// splitter. The expressions are the models' own (their tokenizer.json); flags are the conventions that llama.cpp made
/// for these names, which the files rely on.
/// </summary>
internal static class PreTokenizers
{
    private static readonly Gpt2Splitter s_gpt2 = new();
    private static readonly WordSplitter s_llama3 = new(maxDigits: 3);
    private static readonly WordSplitter s_qwen2 = new(maxDigits: 1);
    private static readonly NumberSplitter s_digit = new(1);
    private static readonly NumberSplitter s_digits3 = new(3);
    private static readonly NumberSplitter s_digits = new(int.MaxValue);
    private static readonly DigitTripleSplitter s_triples = new();
    private static readonly LineBreakSplitter s_lineBreak = new();
    private static readonly PunctuatedSplitter s_punctuated = new();
    private static readonly UnpunctuatedSplitter s_unpunctuated = new();
    private static readonly DigitGroupSplitter s_thousands = new();
    private static readonly LineSplitter s_lines = new();
    private static readonly CasedSplitter s_uncased = new(maxDigits: 3, marks: true, cased: false);

    /// <summary>[一-龥ࠀ-一가-퟿]+: nearly all scripts from U+0800 on.</summary>
    private static readonly RangeSplitter s_fromSamaritan = new(spaced: false, [0x800, 0x9FA5, 0xAC00, 0xD7FF]);

    /// <summary>[一-龥぀-ゟ゠-ヿ]+: Han and kana.</summary>
    private static readonly RangeSplitter s_hanKana = new(spaced: false, [0x3040, 0x30FF, 0x4E00, 0x9FA5]);

    /// <summary>[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+</summary>
    private static readonly RangeSplitter s_youtu = new(
        spaced: false,
        [0x3131, 0x318E, 0xAC00, 0xD7A3],
        [0x2014, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x2026, 0x3001, 0x303F, 0xFE30, 0xFE4F, 0xFF01, 0xFF01, 0xFF0C,
            0xFF0C, 0xFF1A, 0xFF1B],
        [0x3105, 0x312F],
        [0x3040, 0x30FF, 0x4E00, 0x9FA5]);

    /// <summary>
    /// Han, kana, Kangxi radicals, Thai, Lao, Khmer, Myanmar, Hangul. The range of compatibility ideographs begins with one that is
    /// written as the ordinary ideograph, U+8C48 for U+F900, so all between is in it: that is what the tokens of files go by.
    /// </summary>
    private static readonly RangeSplitter s_eastAsian = new(
        spaced: false,
        [0xE40, 0xEFF, 0x1000, 0x109F, 0x1100, 0x11FF, 0x1780, 0x17FF, 0x2F00, 0x2FDF, 0x3040, 0x30FF, 0x3400, 0x4DBF, 0x4E00,
            0xFAFF, 0xFF65, 0xFF9F]);

    /// <summary>\s?[!-/:-~！-／：-～‘-‟　-。]+</summary>
    private static readonly RangeSplitter s_deepSeekSigns = new(
        spaced: true, [0x21, 0x2F, 0x3A, 0x7E, 0x2018, 0x201F, 0x3000, 0x3002, 0xFF01, 0xFF0F, 0xFF1A, 0xFF5E]);

    /// <summary>DeepSeek LLM's list of letters that have case.</summary>
    private static readonly RangeSplitter s_deepSeekLetters = new(spaced: true,
    [
        0x41, 0x5A, 0x61, 0x7A, 0xB5, 0xB5, 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x1BA, 0x1BC, 0x1BF, 0x1C4, 0x293, 0x295, 0x2AF,
        0x370, 0x373, 0x376, 0x376, 0x377, 0x377, 0x37B, 0x37D, 0x37F, 0x37F, 0x386, 0x386, 0x388, 0x38A, 0x38C, 0x38C,
        0x38E, 0x3A1, 0x3A3, 0x3F5, 0x3F7, 0x481, 0x48A, 0x52F, 0x531, 0x556, 0x10A0, 0x10C5, 0x13A0, 0x13F5, 0x13F8, 0x13FD,
        0x1C90, 0x1CBA, 0x1CBD, 0x1CBF, 0x1D00, 0x1D2B, 0x1D6B, 0x1D77, 0x1D79, 0x1D9A, 0x1E00, 0x1F15, 0x1F18, 0x1F1D,
        0x1F20, 0x1F45, 0x1F48, 0x1F4D, 0x1F50, 0x1F57, 0x1F59, 0x1F59, 0x1F5B, 0x1F5B, 0x1F5D, 0x1F5D, 0x1F5F, 0x1F7D,
        0x1F80, 0x1FB4, 0x1FB6, 0x1FBC, 0x1FBE, 0x1FBE, 0x1FC2, 0x1FC4, 0x1FC6, 0x1FCC, 0x1FD0, 0x1FD3, 0x1FD6, 0x1FDB,
        0x1FE0, 0x1FEC, 0x1FF2, 0x1FF4, 0x1FF6, 0x1FFC, 0x2102, 0x2102, 0x2107, 0x2107, 0x210A, 0x2113, 0x2115, 0x2115,
        0x2119, 0x211D, 0x2124, 0x2124, 0x2126, 0x2126, 0x2128, 0x2128, 0x212A, 0x212D, 0x212F, 0x2134, 0x2139, 0x2139,
        0x213C, 0x213F, 0x2145, 0x2149, 0x214E, 0x214E, 0x2183, 0x2183, 0x2184, 0x2184, 0x2C00, 0x2C7B, 0x2C7E, 0x2CE4,
        0x2CEB, 0x2CEE, 0x2CF2, 0x2CF2, 0x2CF3, 0x2CF3, 0xA640, 0xA66D, 0xA680, 0xA69B, 0xA722, 0xA76F, 0xA771, 0xA787,
        0xA78B, 0xA78E, 0xAB70, 0xABBF, 0xFB00, 0xFB06, 0xFB13, 0xFB17, 0xFF21, 0xFF3A, 0xFF41, 0xFF5A, 0x10400, 0x1044F,
        0x104B0, 0x104D3, 0x104D8, 0x104FB, 0x10C80, 0x10CB2, 0x10CC0, 0x10CF2, 0x118A0, 0x118DF, 0x1E900, 0x1E943,
    ]);

    private static readonly PreTokenizer[] s_all =
    [
        // Without a name: files from before there were names. The expression was made to be bearable for all of them.
        new([new RunSplitter(CharClass.Punctuation, "$+<=>^~|"), s_gpt2, s_digits, s_triples], "default"),
        new([s_gpt2], "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code",
            "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais", "exaone4"),
        new([s_gpt2], "trillion", "granite-docling") { CleanSpaces = false },
        new([s_llama3], "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
            "jina-v5-nano") { WholeWords = true, AddBos = true },
        new([s_llama3], "dbrx", "smaug-bpe"),
        new([s_llama3], "glm4", "chatglm-bpe") { DefaultBos = false },
        new([s_qwen2], "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "solar-open", "grok-2", "bailingmoe",
            "bailingmoe2", "llada-moe") { CleanSpaces = false },
        new([s_qwen2], "stablelm2", "megrez"),
        new([s_lines, s_qwen2], "laguna") { CleanSpaces = false },
        new([new WordSplitter(maxDigits: 1, marks: true)], "qwen35") { CleanSpaces = false },
        new([new WordSplitter(maxDigits: 1, contractions: false)], "ufakzeka") { CleanSpaces = false },
        new([new WordSplitter(maxDigits: 1, lineBreaks: false)], "seed-coder") { CleanSpaces = false },
        new([new WordSplitter(maxDigits: 3, powers: true)], "jais-2"),
        new([new PhraseSplitter()], "exaone-moe"),
        new([s_digits3, s_llama3], "minicpm5") { WholeWords = true },
        new([s_digit, s_gpt2], "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"),
        new([s_digit, s_gpt2], "smollm", "command-r") { CleanSpaces = false },
        new([new RunSplitter(CharClass.Punctuation, "$+<=>^~|`"), s_gpt2, s_triples], "falcon"),
        new([new SentinelSplitter(), new ImageCodeSplitter(), new IndentSplitter(), s_digit, new SignSplitter(), s_gpt2], "chameleon")
            { AddBos = true, CleanSpaces = false },
        new([s_digits, new DigitCutSplitter()], "superbpe") { CleanSpaces = false },
        new([s_lineBreak, new SpacedRunSplitter(CharClass.Letter), new SpacedRunSplitter(CharClass.Punctuation), s_fromSamaritan,
            s_digit], "deepseek-coder") { CleanSpaces = false },
        new([s_lineBreak, s_deepSeekLetters, s_deepSeekSigns, new FinalSpacesSplitter(), s_fromSamaritan, s_digits],
            "deepseek-llm") { CleanSpaces = false },
        new([s_digits3, s_hanKana, s_punctuated], "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4") { CleanSpaces = false },
        new([s_digits3, s_hanKana, new PunctuatedSplitter(joinsLineBreaks: false), s_digit], "spark2_5") { CleanSpaces = false },
        new([s_thousands, s_eastAsian, s_punctuated], "afmoe") { CleanSpaces = false },
        new([new CasedSplitter(maxDigits: 3)], "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2") { CleanSpaces = false },
        new([new CasedSplitter(maxDigits: 3, marks: true)], "granite-embed-multi-97m") { WholeWords = true, CleanSpaces = false },
        new([new CasedSplitter(maxDigits: 1, contractions: false)], "tekken")
            { WholeWords = true, AddBos = true, CleanSpaces = false },
        new([s_youtu, new CasedSplitter(maxDigits: 1, marks: true, cased: false)], "youtu") { WholeWords = true, CleanSpaces = false },
        new([s_thousands, s_uncased], "tiny_aya", "cohere2moe") { CleanSpaces = false },
        new([new HanSplitter()], "kimi-k2") { CleanSpaces = false, MayLackMerges = true },
        new([s_unpunctuated], "bloom", "gpt3-finnish"),
        new([s_unpunctuated], "poro-chat") { CleanSpaces = false },
        new([s_unpunctuated, s_digit], "viking") { CleanSpaces = false },
        // Not byte-level: symbols are characters.
        new([s_lines], "gemma4", "granite-embed-multi-311m")
            { Symbols = PairSymbols.SpacedCharacters, WholeLineBreaks = true, AlwaysBos = true },
        new([s_lines], "sarvam-moe") { Symbols = PairSymbols.SpacedCharacters, CleanSpaces = false },
        new([new RunSplitter(CharClass.Space)], "whitespace") { Symbols = PairSymbols.Characters },
    ];

    /// <summary>All names, in the table's order.</summary>
    public static IEnumerable<string> Names => s_all.SelectMany(pre => pre.Names);

    /// <summary>The pre-tokenizer of a name; null or empty, the file has none: "default".</summary>
    /// <exception cref="RealmException">E_UNSUPPORTED: unknown. Guessing would give wrong tokens in silence.</exception>
    public static PreTokenizer Find(string? name)
    {
        string known = string.IsNullOrEmpty(name) ? "default" : name;
        return Array.Find(s_all, pre => pre.Names.Contains(known)) ?? throw new RealmException(ErrorCode.Unsupported,
            $"tokenizer.ggml.pre is {Quoted.Name(known)}, which is none of the {Names.Count()} pre-tokenizers that are supported; "
            + $"the nearest is '{Nearest.To(known, Names)}' (docs/models.md lists them)");
    }
}
