using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Generation;

/// <summary>
/// Chooses the tokens of a sequence whose logits are computed by somebody else: as a generation with these options and this seed does, given the same logits.
/// Safe to be called from several threads.
/// </summary>
public sealed unsafe class TokenSampler
{
    private readonly Lock _gate = new();
    private readonly SamplerChain _chain;
    private readonly RandomSource _random;
    private readonly SamplerScratch _scratch;
    private readonly History _history = new();
    private readonly int _contextLength;
    private readonly float[] _logits;

    /// <summary>A sampler for a model's vocabulary, at the beginning of a sequence.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Unsupported"/>: the model is open for its vocabulary only, or a format is asked for;
    /// <see cref="ErrorCode.InvalidToken"/>: a bias is for no token.</exception>
    public TokenSampler(OpenModel model, GenerationOptions options)
    {
        if (model.IsVocabOnly)
        {
            throw new RealmException(ErrorCode.Unsupported, "the model was opened for its vocabulary only, so nothing is chosen with it");
        }
        if (options.Format != null)
        {
            throw new RealmException(ErrorCode.Unsupported, "format: a sampler keeps to none, a generation does");
        }
        if (options.LogitsProcessor)
        {
            throw new RealmException(ErrorCode.Unsupported, "logitsProcessor: the caller of a sampler has the logits");
        }
        LoadedModel loaded = model.Loaded;
        Tokenizer? tokenizer = loaded.Tokenizer;
        SamplingOptions sampling = options.Sampling;
        DryBreakers? breakers = null;
        if (sampling.DryMultiplier != 0 && tokenizer != null)
        {
            breakers = options.DrySequenceBreakers is { } own ? DryBreakers.Create(tokenizer, own) : loaded.DryBreakers;
        }
        int vocabulary = loaded.Model.Config.VocabSize;
        _contextLength = model.Config.ContextLength;
        _chain = SamplerChain.Create(sampling, vocabulary, tokenizer == null ? default : tokenizer.SuppressedIds, breakers);
        _random = new RandomSource(sampling.Seed);
        _scratch = new SamplerScratch(vocabulary);
        _logits = GC.AllocateUninitializedArray<float>(vocabulary);
    }

    /// <summary>Notes tokens that were not chosen here: a prompt.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.ContextFull"/>: there would be more than the model's context.</exception>
    public void Accept(ReadOnlySpan<int> tokens)
    {
        lock (_gate)
        {
            if (_history.Count + (long)tokens.Length > _contextLength)
            {
                throw new RealmException(ErrorCode.ContextFull, $"the sampler has seen {_history.Count} tokens, {tokens.Length} more exceed the context of {_contextLength}");
            }
            _history.Add(tokens);
        }
    }

    /// <summary>Chooses the next token and notes it.</summary>
    /// <param name="logits">(vocabulary), which stay as they are.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: there are more or fewer; <see cref="ErrorCode.Numeric"/>: one is not finite.</exception>
    public int Choose(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _logits.Length)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{logits.Length} logits, the vocabulary has {_logits.Length}");
        }
        lock (_gate)
        {
            logits.CopyTo(_logits);
            int token;
            fixed (float* row = _logits)
            {
                token = _chain.Choose(row, null, _history, _random, _scratch);
            }
            _chain.Accept(token);
            if (_history.Count < _contextLength)
            {
                _history.Add(token);
            }
            return token;
        }
    }
}
