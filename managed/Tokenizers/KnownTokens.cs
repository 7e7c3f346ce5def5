using System.Text;

namespace Realm.Tokenizers;

/// <summary>
/// Roles that files leave to the texts of their tokens: few name their end-of-turn token, and many type it wrongly.
/// The lists are what model families use; they agree with llama.cpp's, so that a file ends a turn here where it does there.
/// </summary>
internal static class KnownTokens
{
    private static readonly string[] s_endOfTurn =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]",
        "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ];

    private static readonly string[] s_endOfMessage = ["<|eom_id|>"];

    private static readonly string[] s_fimPrefix =
        ["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>"];

    private static readonly string[] s_fimSuffix =
        ["<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>"];

    private static readonly string[] s_fimMiddle =
        ["<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>"];

    private static readonly string[] s_fimPadding = ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"];

    private static readonly string[] s_fimRepository = ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"];

    private static readonly string[] s_fimSeparator = ["<|file_sep|>"];

    private static readonly string[] s_endOfGeneration =
    [
        .. s_endOfTurn, .. s_endOfMessage, "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "</s>", "[EOS]", "<eos>", "<turn|>",
        "<|tool_response>", "[e~[",
    ];

    /// <summary>Parts of gpt-oss's message header: text that a program must see, though the file calls them control.</summary>
    private static readonly string[] s_visible = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"];

    private static readonly HashSet<string> s_all =
    [
        .. s_endOfGeneration, .. s_fimPrefix, .. s_fimSuffix, .. s_fimMiddle, .. s_fimPadding, .. s_fimRepository,
        .. s_fimSeparator, .. s_visible, "<mask>", "[MASK]", "<unk>", "<s>",
    ];

    private static readonly int s_longest = s_all.Max(Encoding.UTF8.GetByteCount);

    /// <summary>The ids of the tokens whose texts are in the lists here.</summary>
    public static Dictionary<string, int> Find(byte[][] texts)
    {
        var found = new Dictionary<string, int>();
        for (int id = 0; id < texts.Length; id++)
        {
            byte[] text = texts[id];
            // Cheap first: all of them begin with '<', '[', '_' or U+2581.
            if (text.Length >= 3 && text.Length <= s_longest && text[0] is (byte)'<' or (byte)'[' or (byte)'_' or 0xE2)
            {
                string name = Encoding.UTF8.GetString(text);
                if (s_all.Contains(name))
                {
                    found.TryAdd(name, id);
                }
            }
        }
        return found;
    }

    /// <summary>
    /// Fills roles that the file left open, corrects the types of the tokens that have one, and returns the tokens that end
    /// generation.
    /// </summary>
    public static HashSet<int> Assign(Dictionary<string, int> known, SpecialIds ids, TokenAttributes[] attributes)
    {
        ids.Eot ??= First(s_endOfTurn);
        ids.Eom ??= First(s_endOfMessage);
        ids.FimPrefix ??= First(s_fimPrefix);
        ids.FimSuffix ??= First(s_fimSuffix);
        ids.FimMiddle ??= First(s_fimMiddle);
        ids.FimPadding ??= First(s_fimPadding);
        ids.FimRepository ??= First(s_fimRepository);
        ids.FimSeparator ??= First(s_fimSeparator);

        var ends = new HashSet<int>();
        foreach (string name in s_endOfGeneration)
        {
            if (First([name]) is { } id)
            {
                ends.Add(id);
            }
        }
        foreach (string name in s_visible)
        {
            if (known.TryGetValue(name, out int id))
            {
                attributes[id] = TokenAttributes.UserDefined;
            }
        }
        foreach (int? id in (int?[])[ids.FimPadding, ids.FimRepository, ids.FimSeparator, ids.Eos, ids.Eot, ids.Eom])
        {
            if (id is { } present)
            {
                ends.Add(present);
            }
        }
        RemoveFalseEnds(known, ends, attributes);
        return ends;

        int? First(string[] names)
        {
            foreach (string name in names)
            {
                if (known.TryGetValue(name, out int id))
                {
                    attributes[id] |= TokenAttributes.Control;
                    return id;
                }
            }
            return null;
        }
    }

    /// <summary>
    /// Families in which a usual end marker is not one. gpt-oss and Solar end a turn with "return", "call" or "flush" and
    /// use "end" between messages of one turn; Gemma 4 lists "&lt;/s&gt;" without using it.
    /// </summary>
    private static void RemoveFalseEnds(Dictionary<string, int> known, HashSet<int> ends, TokenAttributes[] attributes)
    {
        bool Ends(string name) => known.TryGetValue(name, out int id) && ends.Contains(id);

        bool call = Ends("<|call|>") || Ends("<|calls|>");
        if (call && (Ends("<|return|>") || Ends("<|flush|>")) && Ends("<|end|>"))
        {
            Remove("<|end|>", TokenAttributes.UserDefined);
        }
        if (Ends("<|tool_response>") && Ends("</s>"))
        {
            Remove("</s>", TokenAttributes.Normal);
        }

        void Remove(string name, TokenAttributes attribute)
        {
            ends.Remove(known[name]);
            attributes[known[name]] = attribute;
        }
    }
}
