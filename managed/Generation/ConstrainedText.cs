using Realm.Grammars;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>The text of a generation that keeps to a format: tells at each place which tokens may come.</summary>
internal sealed unsafe class ConstrainedText
{
    private readonly GrammarConstraint _constraint;
    private readonly ulong[] _mask;

    /// <summary>A text at its beginning.</summary>
    /// <param name="grammar">Its format, compiled for the model's vocabulary.</param>
    /// <param name="vocabulary">Numbers in a row of logits.</param>
    public ConstrainedText(Grammar grammar, int vocabulary)
    {
        _constraint = new GrammarConstraint(grammar);
        _mask = GC.AllocateArray<ulong>(Math.Max(LogitMask.Words(vocabulary), grammar.Vocabulary.MaskWords), pinned: true);
    }

    /// <summary>Nothing may follow.</summary>
    public bool IsComplete => _constraint.IsComplete;

    /// <summary>The text may end here.</summary>
    public bool MayEnd => _constraint.MayEnd;

    /// <summary>A text that has room.</summary>
    /// <param name="format">What it keeps to.</param>
    /// <param name="model">Whose tokens it is made of.</param>
    /// <param name="room">Tokens that it may have.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: less room than the shortest text takes, or a mistake in
    /// the format; <see cref="ErrorCode.Unsupported"/>, <see cref="ErrorCode.Limit"/>: a format that can't be held.</exception>
    public static ConstrainedText Create(OutputFormat format, LoadedModel model, long room)
    {
        Grammar grammar = model.Grammars.Get(format.Notation, format.Text, format.Whitespace);
        if (room < grammar.MinTokens)
        {
            throw new RealmException(ErrorCode.InvalidArgument,
                $"the shortest text of the format takes {grammar.MinTokens} tokens, but maxTokens and the context leave {room}");
        }
        return new ConstrainedText(grammar, model.Model.Config.VocabSize);
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

    /// <summary>Goes on by a token of the mask.</summary>
    public void Accept(int token) => _constraint.Accept(token);
}
