using System.Diagnostics;
using Realm.Grammars;
using Realm.Runtime;
using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>
/// Generates text: feeds the prompt, then each chosen token, until the end. Its tokens are all that were chosen, in order, the
/// end-of-generation token included, so that prompt and tokens together are what the model has seen; its text leaves out special
/// tokens.
/// </summary>
/// <remarks>
/// Where the text repeats itself, a pass may take guessed tokens as further rows. Each position's token is then sampled as ever, in
/// order and with the same random numbers; the row after it counts if its guess was that token, else it and all later ones are
/// forgotten. Because a row's logits do not depend on the batch, the result is what it would be without, bit for bit.
/// </remarks>
public sealed unsafe class GenerationJob : SequenceJob
{
    private readonly GenerationOptions _options;
    private readonly Tokenizer? _tokenizer;
    private SamplerChain _sampler;
    private readonly Grammar? _grammar;     // of the format, if it is compiled already
    private readonly CancellationTokenSource? _compiling;
    private readonly List<int> _forced = [];    // tokens that the format leaves no choice about
    private bool _endsForced;       // behind them nothing may come
    private int _forcedTaken;
    private int _forcedRows;    // of the pass, behind its first
    private ConstrainedText? _format;
    private readonly RandomSource _random;
    private readonly TextStream _text;
    private readonly bool _writesSpecial;
    private Detokenizer _detokenizer;
    private readonly int _contextLength;
    private readonly ContextShift? _shift;
    private readonly PassCosts _costs;
    private readonly LogitsHandover? _handover;
    private readonly LogProbabilities? _probabilities;
    private readonly TopToken[] _tops;
    private Drafter? _drafter;
    private History _history = new();
    private JobClock _clock = new();
    private long _generated;
    private int _next;
    private int _row;       // of the batch: the first whose logits are wanted

    internal GenerationJob(
        OpenModel model,
        Prompt prompt,
        GenerationOptions options,
        delegate* unmanaged<void*, void> notify,
        void* user,
        PassCosts? costs = null,
        OpenSession? target = null)
        : this(model, prompt, options, options.Format?.Compiled(model.Loaded), notify, user, costs, target)
    {
    }

    private GenerationJob(
        OpenModel model,
        Prompt prompt,
        GenerationOptions options,
        Grammar? grammar,
        delegate* unmanaged<void*, void> notify,
        void* user,
        PassCosts? costs,
        OpenSession? target)
        : base(model, prompt, prompt.IsLong || (options.Format != null && grammar == null), notify, user)
    {
        _options = options;
        Target = target;
        _shift = target?.Options.Shift;
        _grammar = grammar;
        _compiling = options.Format != null && grammar == null ? new CancellationTokenSource() : null;
        Priority = options.Priority;
        _tokenizer = model.Loaded.Tokenizer;
        _contextLength = model.Config.ContextLength;
        int vocabulary = model.Loaded.Model.Config.VocabSize;
        _sampler = SamplerChain.Create(options.Sampling, vocabulary, _tokenizer == null ? default : _tokenizer.SuppressedIds);
        _random = new RandomSource(options.Sampling.Seed);
        _text = new TextStream(options.Format == null ? options.Stops : []);
        _writesSpecial = options.SpecialTokens || options.Format?.Notation == GrammarNotation.Structure;
        _detokenizer = _tokenizer == null ? default : new Detokenizer(_tokenizer, skipSpecial: !_writesSpecial);
        _probabilities = options.LogProbabilities ? new LogProbabilities(vocabulary) : null;
        _tops = new TopToken[options.LogProbabilities ? Math.Min(options.TopLogProbabilities, vocabulary) : 0];
        Deadline = options.Timeout == 0 ? long.MaxValue : Environment.TickCount64 + options.Timeout;
        _costs = costs ?? model.Loaded.Scheduler.Costs;
        _handover = options.LogitsProcessor ? new LogitsHandover(vocabulary) : null;
    }

    /// <inheritdoc/>
    private protected override float[]? AdapterScales => _options.AdapterScales;

    /// <inheritdoc/>
    private protected override bool UsesCache => _options.CachePrompt;

    /// <inheritdoc/>
    private protected override ReadOnlySpan<int> Text => _history.Tokens;

    /// <inheritdoc/>
    private protected override long Longest => Math.Min(Prompt.Length + _options.MaxTokens, _contextLength);

    /// <inheritdoc/>
    private protected override void OnPrepared()
    {
        if (_shift != null && Prompt.Length + Math.Min(_options.MaxTokens, 1) > _contextLength)
        {
            ReplacePrompt(_shift.Shorten(Prompt));
        }
        long most = Longest;
        if (_options.Format is { } format)
        {
            Grammar grammar = _grammar ?? format.Compile(Loaded, _compiling!.Token);
            long room = Math.Min(_options.MaxTokens, _shift == null ? _contextLength - Prompt.Length : long.MaxValue);
            _format = ConstrainedText.Create(grammar, Loaded, room);
            FindForced(room);
        }
        _drafter = _options.Speculation && _handover == null ? new Drafter(_costs, most) : null;
        _history = new History((int)most);
        _history.Add(Prompt);
        if (_tokenizer != null)
        {
            _detokenizer.Continue(Prompt);
            if (_options.Sampling.DryMultiplier != 0)
            {
                // Not where the options are read: that looks at the whole vocabulary.
                DryBreakers breakers = _options.DrySequenceBreakers is { } own ? DryBreakers.Create(_tokenizer, own) : Loaded.DryBreakers;
                _sampler = SamplerChain.Create(_options.Sampling, Loaded.Model.Config.VocabSize, _tokenizer.SuppressedIds, breakers);
            }
        }
        foreach (int token in Prompt)
        {
            _drafter?.Start(token);
        }
    }

    /// <inheritdoc/>
    internal override PromptQueue Queue => _compiling != null ? Loaded.Formats : base.Queue;

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        _compiling?.Cancel();
        base.OnCancel();
    }

    /// <inheritdoc/>
    internal override int Wanted => IsDecoding ? 1 : Prompt.Length - Fed;

    /// <inheritdoc/>
    private protected override JobFigures Figures => base.Figures with
    {
        GeneratedTokens = _generated,
        DraftedTokens = _drafter?.Drafted ?? 0,
        AcceptedTokens = _drafter?.Accepted ?? 0,
        Times = _clock.Until(Stopwatch.GetTimestamp()),
    };

    /// <inheritdoc/>
    private protected override bool? IsChecked => _format?.IsChecked;

    /// <inheritdoc/>
    internal override int Extra(int rows, int room)
    {
        // No more than can be chosen: after the last of them there must be one token left to choose.
        long left = Math.Min(_options.MaxTokens - _generated, _contextLength - Session!.Length - 1) - 1;
        if (ForcedLeft > 0)
        {
            // They are right whatever the model says of them.
            _drafter?.Skip();
            return (int)Math.Min(_endsForced ? ForcedLeft - 1 : ForcedLeft, Math.Min(left, room));
        }
        if (!Session.CanTruncate(Session.Length - 1))
        {
            // A recurrent state that a wrong guess has gone into could not be had back.
            _drafter = null;
        }
        return _drafter?.Draft(rows, Math.Min(left, room)) ?? 0;
    }

    /// <summary>A compiled format is shared by all jobs that have it, and grows as it is used.</summary>
    internal override bool TakesApart => _format == null;

    /// <inheritdoc/>
    private protected override LogitsHandover? Handover => _handover;

    /// <inheritdoc/>
    internal override bool AwaitsAnswer
    {
        get
        {
            if (_handover == null)
            {
                return false;
            }
            lock (Mailbox.Gate)
            {
                return _handover.IsOpen || _handover.IsAnswered;
            }
        }
    }

    /// <inheritdoc/>
    internal override bool HasAnswer
    {
        get
        {
            if (_handover == null)
            {
                return false;
            }
            lock (Mailbox.Gate)
            {
                return _handover.IsAnswered;
            }
        }
    }

    /// <inheritdoc/>
    private protected override void TakeAnswer(SamplerScratch scratch)
    {
        lock (Mailbox.Gate)
        {
            _handover!.Close();
        }
        Choose(_handover.Row, scratch, Session!.Length, 0, out bool _);
    }

    /// <summary>The caller changes the logits first: the job has no part in passes until he has.</summary>
    private void Offer(float* logits, SamplerScratch scratch)
    {
        _probabilities?.Read(logits, scratch, _options.TopLogProbabilities, keep: true);
        lock (Mailbox.Gate)
        {
            _handover!.Offer(logits);
            Mailbox.Post([]);
        }
    }

    /// <inheritdoc/>
    private protected override void TakeRows(Batch batch, SamplerScratch scratch)
    {
        int drafted = 0;
        if (!IsDecoding)
        {
            Fed += RowsInPass;
            Known = Session!.Length;
            if (!IsDecoding)
            {
                return;
            }
            if (_format is { IsComplete: true })
            {
                EndWith(FinishReason.Stop);
                return;
            }
            if (_options.MaxTokens == 0 || (_shift == null && Prompt.Length >= _contextLength))
            {
                EndWith(FinishReason.Length);
                return;
            }
        }
        else
        {
            drafted = RowsInPass - 1;
            _drafter?.Looked();
        }
        if (_handover != null)
        {
            // No guess and no forced token is in the pass: each token is asked about.
            Known = Session!.Length;
            Offer(batch.Logits(_row), scratch);
            return;
        }
        int length = Session!.Length - drafted;     // positions up to the row looked at
        for (int i = 0; i <= drafted; i++)
        {
            // The rows behind are wrong guesses, or what would come after the end.
            Known = length + i;
            if (!Choose(batch.Logits(_row + i), scratch, length + i, i, out bool wasGuessed) || !wasGuessed)
            {
                return;
            }
        }
    }

    /// <summary>Chooses a token from the logits of the row that is the sequence's `length`th, and the `index`th behind those chosen
    /// before the pass.</summary>
    /// <returns>False: it was the last.</returns>
    private bool Choose(float* logits, SamplerScratch scratch, int length, int index, out bool wasGuessed)
    {
        if (_handover == null)
        {
            // Of what a caller has changed they were read before.
            _probabilities?.Read(logits, scratch, _options.TopLogProbabilities, keep: true);
        }
        long left = Math.Min(_options.MaxTokens - _generated, _shift == null ? _contextLength - length : long.MaxValue);
        bool isForced = ForcedLeft > 0;
        if (isForced)
        {
            _next = _forced[_forcedTaken++];
        }
        else
        {
            _next = _sampler.Choose(logits, _format == null ? null : _format.Mask(left), _history, _random, scratch);
            _sampler.Accept(_next);
        }
        _clock.Choose();
        _history.Add(_next);
        wasGuessed = _drafter?.Chosen(_next, index) ?? false;
        wasGuessed |= index < _forcedRows;
        _generated++;
        if (IsEnd(_next))
        {
            Publish(_next, default, isForced);
            EndWith(FinishReason.Stop, _next);
            return false;
        }
        if (_tokenizer != null)
        {
            ReadOnlySpan<byte> bytes = _detokenizer.Next(_next);
            if (!_writesSpecial && _tokenizer.IsSpecial(_next))
            {
                _text.AppendHidden(_tokenizer.TokenBytes(_next));
            }
            else
            {
                _text.Append(bytes);
            }
        }
        Publish(_next, _text.Ready, isForced);
        _text.TakeReady();
        _format?.Accept(_next);
        if (_text.StoppedBy != null || _format is { IsComplete: true })
        {
            EndWith(FinishReason.Stop);
            return false;
        }
        bool isFull = length + 1 >= _contextLength;
        if (_generated >= _options.MaxTokens || (isFull && _shift == null))
        {
            EndWith(FinishReason.Length);
            return false;
        }
        FindForced(left - 1);
        return !isFull;
    }

    /// <inheritdoc/>
    private protected override void OnSettled()
    {
        if (_shift != null && IsDecoding && _history.Count >= _contextLength)
        {
            int[] text = _shift.Shorten(_history.Tokens);
            Restart(text, _shift.Keep);
            _history.Truncate(0);
            _history.Add(text);
        }
    }

    /// <summary>Tokens that must come next.</summary>
    private int ForcedLeft => _forced.Count - _forcedTaken;

    /// <summary>Looks for tokens that must come next, unless some are known already.</summary>
    private void FindForced(long left)
    {
        // A token that the caller forbids must be written with others, if it can be.
        if (_format != null && _handover == null && ForcedLeft == 0 && !Array.Exists(_options.Sampling.LogitBias, entry => float.IsNegativeInfinity(entry.Bias)))
        {
            _forced.Clear();
            _forcedTaken = 0;
            _endsForced = _format.Forced(_forced, left);
        }
    }

    /// <inheritdoc/>
    internal override void EndCancelled() => EndWith(FinishReason.Cancelled);

    /// <inheritdoc/>
    private protected override void Add(Batch batch, int rows)
    {
        _clock.Begin();
        if (IsDecoding)
        {
            int forced = ForcedLeft;
            _forcedRows = forced > 0 ? rows - 1 : 0;
            for (int i = 0; i < rows; i++)
            {
                int token = i == 0 ? _next : forced > 0 ? _forced[_forcedTaken + i - 1] : _drafter![i - 1];
                int row = batch.Add(Session!, token, wantLogits: i >= forced || _options.LogProbabilities);
                _row = i == 0 ? row : _row;
            }
            return;
        }
        for (int i = Fed; i < Fed + rows; i++)
        {
            _row = batch.Add(Session!, Prompt[i], wantLogits: i == Prompt.Length - 1);
        }
    }

    /// <summary>The model ends with this token, or the caller wants it to. Where a format may not end, it is one that the format names.</summary>
    private bool IsEnd(int token) =>
        (_format == null && Array.IndexOf(_options.StopIds, token) >= 0)
        || (_tokenizer != null && (_format?.MayEnd ?? !_options.IgnoreEos) && token < _tokenizer.VocabSize && _tokenizer.IsEndOfGeneration(token));

    private void Publish(int token, ReadOnlySpan<byte> text, bool isForced)
    {
        lock (Mailbox.Gate)
        {
            Mailbox.Post(
                new TokenRecord((uint)token, LogProbability: _probabilities?.Of(token) ?? 0, Forced: isForced ? 1u : 0),
                Tops(),
                text);
        }
    }

    private ReadOnlySpan<TopToken> Tops()
    {
        for (int i = 0; i < _tops.Length; i++)
        {
            (int token, float logProbability) = _probabilities!.Top(i);
            _tops[i] = new TopToken((uint)token, logProbability);
        }
        return _tops;
    }

    private void EndWith(FinishReason reason, int? stopId = null)
    {
        _text.Finish();
        Finish(reason, null, _text.Ready, _text.StoppedBy, stopId);
    }
}
