using Realm.Gguf;

namespace Realm.Tokenizers;

/// <summary>The ids of the tokens with a role; null where the model has none.</summary>
internal sealed class SpecialIds
{
    public int? Bos { get; set; }
    public int? Eos { get; set; }
    public int? Eot { get; set; }
    public int? Eom { get; set; }
    public int? Unknown { get; set; }
    public int? Separator { get; set; }
    public int? Padding { get; set; }
    public int? Mask { get; set; }
    public int? FimPrefix { get; set; }
    public int? FimSuffix { get; set; }
    public int? FimMiddle { get; set; }
    public int? FimPadding { get; set; }
    public int? FimRepository { get; set; }
    public int? FimSeparator { get; set; }

    /// <summary>
    /// Overrides these defaults, which hold where the vocabulary reaches that far, with what the file says.
    /// An id of -1 (also as 2^32-1) means "none" in files and leaves the default. Generation starts and stops by the
    /// first four: out of range they are an error (E_VOCAB). The others are often written one too far in real files
    /// (a padding token that was never added) and are then taken as absent.
    /// </summary>
    public void Read(GgufMetadata metadata, int vocabSize)
    {
        Bos = One("bos", Bos, required: true);
        Eos = One("eos", Eos, required: true);
        Eot = One("eot", Eot, required: true);
        Eom = One("eom", Eom, required: true);
        Unknown = One("unknown", Unknown);
        Separator = One("seperator", Separator); // so spelled by the format
        Padding = One("padding", Padding);
        Mask = One("mask", Mask);
        // The short names are older.
        FimPrefix = One("prefix", One("fim_pre", FimPrefix));
        FimSuffix = One("suffix", One("fim_suf", FimSuffix));
        FimMiddle = One("middle", One("fim_mid", FimMiddle));
        FimPadding = One("fim_pad", FimPadding);
        FimRepository = One("fim_rep", FimRepository);
        FimSeparator = One("fim_sep", FimSeparator);

        int? One(string role, int? fallback, bool required = false)
        {
            int? inRange = fallback < vocabSize ? fallback : null;
            string key = $"tokenizer.ggml.{role}_token_id";
            if (metadata.Integer(key) is not { } id || id is -1 or uint.MaxValue)
            {
                return inRange;
            }
            if (id >= 0 && id < vocabSize)
            {
                return (int)id;
            }
            return required
                ? throw new RealmException(ErrorCode.Vocab, $"{key} is {id}, but the vocabulary has {vocabSize} tokens")
                : inRange;
        }
    }
}
