using Realm.Grammars;
using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>The text of a generation that keeps to a format: tells at each place which tokens may come.</summary>
internal sealed unsafe class ConstrainedText
{
    private readonly GrammarConstraint _constraint;
    private readonly ulong[] _mask;
    private readonly Grammar _grammar;
    private readonly Func<byte[], int[]> _encode;

    /// <summary>A text at its beginning.</summary>
    /// <param name="grammar">Its format, compiled for the model's vocabulary.</param>
    /// <param name="vocabulary">Numbers in a row of logits.</param>
    /// <param name="encode">Bytes that go on behind other text as tokens.</param>
    private ConstrainedText(Grammar grammar, int vocabulary, Func<byte[], int[]> encode)
    {
        _encode = encode;
        _grammar = grammar;
        _constraint = new GrammarConstraint(grammar);
        _mask = GC.AllocateArray<ulong>(Math.Max(LogitMask.Words(vocabulary), grammar.Vocabulary.MaskWords), pinned: true);
    }

    /// <summary>Nothing may follow.</summary>
    public bool IsComplete => _constraint.IsComplete;

    /// <summary>All that the format says is held to.</summary>
    public bool IsChecked => _grammar.IsChecked;

    /// <summary>The text may end here.</summary>
    public bool MayEnd => _constraint.MayEnd;

    /// <summary>A text that has room.</summary>
    /// <param name="grammar">What it keeps to.</param>
    /// <param name="model">Whose tokens it is made of.</param>
    /// <param name="room">Tokens that it may have.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: less room than the shortest text takes.</exception>
    public static ConstrainedText Create(Grammar grammar, LoadedModel model, long room)
    {
        if (room < grammar.MinTokens)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the shortest text of the format takes {grammar.MinTokens} tokens, but maxTokens and the context leave {room}");
        }
        Tokenizer tokenizer = model.Tokenizer!;
        bool isPlain = grammar.Vocabulary.IsWithoutMarkers;
        return new ConstrainedText(grammar, model.Model.Config.VocabSize, bytes => tokenizer.EncodeWithin(bytes, isPlain));
    }

    /// <summary>Bits of the tokens that may come next, so that the text can still end in time; there until the next call.</summary>
    /// <param name="left">Tokens that may still come.</param>
    public ulong* Mask(long left)
    {
        _constraint.Mask(_mask, (int)Math.Min(left, Constraint.NoLimit));
        fixed (ulong* mask = _mask)
        {
            // Pinned: it stays where it is.
            return mask;
        }
    }

    /// <summary>Appends the tokens that must come next.</summary>
    /// <param name="tokens">Gets them.</param>
    /// <param name="left">Tokens that may still come.</param>
    /// <returns>Whether the text is complete behind them.</returns>
    public bool Forced(List<int> tokens, long left) => _constraint.Forced(tokens, _encode, (int)Math.Min(left, Constraint.NoLimit));

    /// <summary>Goes on by a token of the mask.</summary>
    public void Accept(int token) => _constraint.Accept(token);
}
