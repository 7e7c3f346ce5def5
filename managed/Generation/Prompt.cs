using Realm.Architectures;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>What a sequence starts with: ids, or a text that an engine thread makes ids of.</summary>
internal sealed class Prompt
{
    /// <summary>A text above this takes milliseconds to make ids of: the thread that runs all sequences must not be kept from them for
    /// that.</summary>
    private const int LongText = 16 << 10;

    private byte[]? _text;

    private Prompt(byte[]? text, int[] ids)
    {
        _text = text;
        Ids = ids;
    }

    /// <summary>The ids; none before they are made if it came as text.</summary>
    public int[] Ids { get; private set; }

    /// <summary>Whether making ids takes so long that it is for another thread.</summary>
    public bool IsLong => _text is { Length: > LongText };

    /// <summary>A prompt of text, which is copied.</summary>
    public static Prompt OfText(ReadOnlySpan<byte> utf8) => new(utf8.ToArray(), []);

    /// <summary>A prompt of ids.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.InvalidToken"/>,
    /// <see cref="ErrorCode.ContextFull"/>.</exception>
    public static Prompt OfIds(ReadOnlySpan<uint> ids, ModelConfig config)
    {
        var checkedIds = new int[ids.Length];
        CheckLength(ids.Length, config);
        for (int i = 0; i < checkedIds.Length; i++)
        {
            // The caller's memory may change meanwhile: copy, then check the copy.
            uint id = ids[i];
            if (id >= (uint)config.VocabSize)
            {
                throw new RealmException(ErrorCode.InvalidToken, $"token {id} at index {i} is not in the vocabulary of {config.VocabSize}");
            }
            checkedIds[i] = (int)id;
        }
        return new Prompt(null, checkedIds);
    }

    /// <summary>
    /// The ids of a text as a model wants to see it: with the begin token that the file asks for, special tokens recognised, as chat
    /// templates need it. Many of those write the begin token themselves; twice would not be what the model was trained on.
    /// </summary>
    public static int[] Encode(ReadOnlySpan<byte> utf8, Tokenizer tokenizer)
    {
        return WithOneBegin(tokenizer.Encode(utf8, addSpecial: true, parseSpecial: true), tokenizer);
    }

    /// <summary>Ids of which a begin token that is doubled is there once.</summary>
    public static int[] WithOneBegin(int[] ids, Tokenizer tokenizer) =>
        ids.Length > 1 && ids[0] == tokenizer.BosId && ids[1] == tokenizer.BosId ? ids[1..] : ids;

    /// <summary>Makes ids of the text, if there is one that nobody has encoded.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.ContextFull"/>.</exception>
    public void Encode(Tokenizer tokenizer, ModelConfig config)
    {
        if (_text is { } text)
        {
            _text = null;
            int[] ids = Encode(text, tokenizer);
            CheckLength(ids.Length, config);
            Ids = ids;
        }
    }

    private static void CheckLength(int count, ModelConfig config)
    {
        if (count == 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the prompt has no tokens: at least one is needed");
        }
        if (count > config.ContextLength)
        {
            throw new RealmException(ErrorCode.ContextFull,
                $"the prompt has {count} tokens, the model's context holds {config.ContextLength}");
        }
    }
}
