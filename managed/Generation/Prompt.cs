using Realm.Architectures;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>What a sequence starts with: ids, or a text that an engine thread makes ids of.</summary>
internal sealed class Prompt
{
    /// <summary>A text above this takes milliseconds to make ids of: the thread that runs all sequences must not be kept from them for
    /// that.</summary>
    private const int LongText = 16 << 10;

    private readonly int[] _before;
    private readonly bool _mayBeLonger;
    private byte[]? _text;

    private Prompt(byte[]? text, int[] ids, int[] before, bool mayBeLonger)
    {
        _text = text;
        _before = before;
        _mayBeLonger = mayBeLonger;
        Ids = ids;
    }

    /// <summary>The ids; none before they are made if it came as text.</summary>
    public int[] Ids { get; private set; }

    /// <summary>Whether making ids takes so long that it is for another thread.</summary>
    public bool IsLong => _text is { Length: > LongText };

    /// <summary>A prompt of text, which is copied.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="before">Ids that come before it; null: none, it is the beginning.</param>
    /// <param name="mayBeLonger">It may have more ids than the context holds: whoever takes it will shorten it.</param>
    public static Prompt OfText(ReadOnlySpan<byte> utf8, int[]? before = null, bool mayBeLonger = false) =>
        new(utf8.ToArray(), [], before ?? [], mayBeLonger);

    /// <summary>A prompt of ids.</summary>
    /// <param name="ids">The ids, copied.</param>
    /// <param name="config">Of the model.</param>
    /// <param name="before">As for <see cref="OfText"/>.</param>
    /// <param name="mayBeLonger">As for <see cref="OfText"/>.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.InvalidToken"/>,
    /// <see cref="ErrorCode.ContextFull"/>.</exception>
    public static Prompt OfIds(ReadOnlySpan<uint> ids, ModelConfig config, int[]? before = null, bool mayBeLonger = false)
    {
        var checkedIds = new int[ids.Length];
        CheckLength((before?.Length ?? 0) + (long)ids.Length, config, mayBeLonger);
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
        return new Prompt(null, before == null ? checkedIds : [.. before, .. checkedIds], [], mayBeLonger);
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
            int[] ids = _before.Length == 0 ? Encode(text, tokenizer) : [.. _before, .. tokenizer.Encode(text, addSpecial: false, parseSpecial: true)];
            CheckLength(ids.Length, config, _mayBeLonger);
            Ids = ids;
        }
    }

    /// <summary>Other ids from now on.</summary>
    public void Replace(int[] ids) => Ids = ids;

    private static void CheckLength(long count, ModelConfig config, bool mayBeLonger)
    {
        if (count == 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the prompt has no tokens: at least one is needed");
        }
        if (count > config.ContextLength && !mayBeLonger)
        {
            throw new RealmException(ErrorCode.ContextFull,
                $"the prompt has {count} tokens, the model's context holds {config.ContextLength}");
        }
    }
}
