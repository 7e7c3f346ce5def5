using Realm.Runtime;
using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>
/// Generates text: feeds the prompt, then each chosen token, until the end. Its tokens are all that were chosen, in order, the end-of-generation
/// token included, so that prompt and tokens together are what the model has seen; its text leaves out special tokens.
/// </summary>
public sealed unsafe class GenerationJob : SequenceJob
{
    private readonly GenerationOptions _options;
    private readonly Tokenizer? _tokenizer;
    private readonly Sampler _sampler;
    private readonly TextStream _text;
    private readonly int _contextLength;
    private long _generated;
    private int _next;
    private int _row;

    internal GenerationJob(OpenModel model, int[] prompt, GenerationOptions options, delegate* unmanaged<void*, void> notify, void* user)
        : base(model, prompt, notify, user, streams: true)
    {
        _options = options;
        _tokenizer = model.Loaded.Tokenizer;
        _contextLength = model.Loaded.Model.Config.ContextLength;
        _sampler = new Sampler(options.Sampling, _tokenizer == null ? default : _tokenizer.SuppressedIds);
        _text = new TextStream(options.Stops);
        foreach (int token in prompt)
        {
            _sampler.Accept(token);
        }
    }

    /// <inheritdoc/>
    internal override int Wanted => IsDecoding ? 1 : Prompt.Length - Fed;

    /// <inheritdoc/>
    internal override void Take(Batch batch, SamplerScratch scratch)
    {
        if (!IsDecoding)
        {
            Fed += RowsInPass;
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
        _next = _sampler.Sample(batch.Logits(_row), scratch);
        _sampler.Accept(_next);
        _generated++;
        if (_tokenizer != null && !_options.IgnoreEos && _next < _tokenizer.VocabSize && _tokenizer.IsEndOfGeneration(_next))
        {
            Publish(_next, default);
            End(FinishReason.Stop);
            return;
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
        }
        else if (_generated >= _options.MaxTokens || Session!.Length >= _contextLength)
        {
            End(FinishReason.Length);
        }
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
