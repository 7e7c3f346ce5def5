using Realm.Runtime;
using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>
/// Generates text: feeds the prompt, then each chosen token, until the end. Its tokens are all that were chosen, in order, the end-of-generation
/// token included, so that prompt and tokens together are what the model has seen; its text leaves out special tokens.
/// </summary>
/// <remarks>
/// Where the text repeats itself, a pass may take guessed tokens as further rows. Each position's token is then sampled as ever, in order and with
/// the same random numbers; the row after it counts if its guess was that token, else it and all later ones are forgotten. Because a row's logits do not
/// depend on the batch, the result is what it would be without, bit for bit.
/// </remarks>
public sealed unsafe class GenerationJob : SequenceJob
{
    private readonly GenerationOptions _options;
    private readonly Tokenizer? _tokenizer;
    private readonly Sampler _sampler;
    private readonly TextStream _text;
    private readonly int _contextLength;
    private readonly PromptLookup? _lookup;
    private readonly int[] _draft;
    private int _draftCount;
    private long _drafted;
    private long _accepted;
    private long _generated;
    private int _next;
    private int _row;       // of the batch: the first whose logits are wanted

    internal GenerationJob(OpenModel model, int[] prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
        : base(model, prompt, notify, user, streams: true)
    {
        _options = options;
        _tokenizer = model.Loaded.Tokenizer;
        _contextLength = model.Loaded.Model.Config.ContextLength;
        _sampler = new Sampler(options.Sampling, _tokenizer == null ? default : _tokenizer.SuppressedIds);
        _text = new TextStream(options.Stops);
        _lookup = options.Speculation ? new PromptLookup(Math.Min(prompt.Length + options.MaxTokens, _contextLength)) : null;
        _draft = options.Speculation ? new int[PassCosts.MostDrafted] : [];
        foreach (int token in prompt)
        {
            _sampler.Accept(token);
            _lookup?.Start(token);
        }
    }

    /// <inheritdoc/>
    internal override int Wanted => IsDecoding ? 1 + _draftCount : Prompt.Length - Fed;

    /// <inheritdoc/>
    private protected override long DraftedTokens => _drafted;

    /// <inheritdoc/>
    private protected override long AcceptedTokens => _accepted;

    /// <inheritdoc/>
    internal override int Draft(int rows, int most, PassCosts costs)
    {
        _draftCount = 0;
        if (_lookup is { HasGuess: true })
        {
            // No more than can be chosen: after the last of them there must be one token left to choose, and room for its row.
            long left = Math.Min(_options.MaxTokens - _generated, _contextLength - Session!.Length) - 1;
            _draftCount = costs.WorthDrafting(_lookup, rows, (int)Math.Min(left, most));
            _lookup.Guess(_draft.AsSpan(0, _draftCount));
        }
        return _draftCount;
    }

    /// <inheritdoc/>
    internal override void Take(Batch batch, SamplerScratch scratch)
    {
        int drafted = _draftCount;
        if (!IsDecoding)
        {
            Fed += RowsInPass;
            drafted = 0;
            if (!IsDecoding)
            {
                return;
            }
        }
        if (_options.MaxTokens == 0)
        {
            End(FinishReason.Length);
            return;
        }
        _drafted += drafted;
        int length = Session!.Length - drafted;     // positions up to the row looked at
        for (int i = 0; Choose(batch.Logits(_row + i), scratch, length + i, i < drafted ? _draft[i] : -1); i++)
        {
            if (i == drafted)
            {
                return;
            }
            if (_next != _draft[i])
            {
                Session.Truncate(length + i);
                return;
            }
        }
    }

    /// <summary>Chooses a token from the logits of the row that is the sequence's `length`th.</summary>
    /// <returns>False: it was the last.</returns>
    private bool Choose(float* logits, SamplerScratch scratch, int length, int guess)
    {
        _next = _sampler.Sample(logits, scratch);
        _sampler.Accept(_next);
        _lookup?.Add(_next);
        _generated++;
        _accepted += _next == guess ? 1 : 0;
        if (_tokenizer != null && !_options.IgnoreEos && _next < _tokenizer.VocabSize && _tokenizer.IsEndOfGeneration(_next))
        {
            Publish(_next, default);
            End(FinishReason.Stop);
            return false;
        }
        // A model may have more rows of logits than its vocabulary has tokens: those render nothing.
        if (_tokenizer != null && _next < _tokenizer.VocabSize && !_tokenizer.IsSpecial(_next))
        {
            _text.Append(_tokenizer.TokenBytes(_next));
        }
        Publish(_next, _text.Ready);
        _text.TakeReady();
        if (_text.Stopped)
        {
            End(FinishReason.Stop);
            return false;
        }
        if (_generated >= _options.MaxTokens || length >= _contextLength)
        {
            End(FinishReason.Length);
            return false;
        }
        return true;
    }

    /// <inheritdoc/>
    internal override void EndCancelled() => End(FinishReason.Cancelled);

    /// <inheritdoc/>
    internal override void EndFailed(RealmException failure) => Finish(FinishReason.None, failure, default);

    /// <inheritdoc/>
    private protected override void Add(Batch batch, int rows)
    {
        if (IsDecoding)
        {
            _row = batch.Add(Session!, _next, wantLogits: true);
            for (int i = 1; i < rows; i++)
            {
                batch.Add(Session!, _draft[i - 1], wantLogits: true);
            }
            return;
        }
        for (int i = Fed; i < Fed + rows; i++)
        {
            _row = batch.Add(Session!, Prompt[i], wantLogits: i == Prompt.Length - 1);
        }
    }

    private void End(FinishReason reason)
    {
        _text.Finish();
        Finish(reason, null, _text.Ready);
    }
}
