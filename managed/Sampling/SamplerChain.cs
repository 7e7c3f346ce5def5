namespace Realm.Sampling;

/// <summary>
/// Chooses the next token of one sequence: changes logits by what was said before, keeps some tokens, draws one. Built once, in the order asked for. Nothing is allocated a token.
/// </summary>
public sealed unsafe class SamplerChain
{
    private readonly ILogitStep[] _onRow;       // those before any that takes candidates away: they change the few logits of the row that they name
    private readonly ISamplerStep[] _steps;     // all others
    private readonly Sampler? _sampler;         // or all others as one
    private readonly IAdaptiveStep? _last;
    private readonly int[] _forbidden;

    private SamplerChain(ILogitStep[] onRow, ISamplerStep[] steps, Sampler? sampler, int[] forbidden)
    {
        _onRow = onRow;
        _steps = steps;
        _sampler = sampler;
        _last = steps.Length > 0 ? steps[^1] as IAdaptiveStep : null;
        _forbidden = forbidden;
    }

    /// <summary>Whether the candidate steps are <see cref="Sampler"/>'s, and run as one.</summary>
    internal bool RunsAsOne => _sampler != null;

    /// <summary>The step that learns from what is chosen, or null.</summary>
    internal IAdaptiveStep? Last => _last;

    /// <summary>The chain for one sequence.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabulary">Tokens that there are logits of.</param>
    /// <param name="forbidden">Ids never to choose.</param>
    /// <param name="breakers">What ends a repetition for DRY, or null: nothing.</param>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: an option is out of range; <see cref="ErrorCode.InvalidToken"/>: a bias is for no token.</exception>
    public static SamplerChain Create(SamplingOptions options, int vocabulary, ReadOnlySpan<int> forbidden = default, DryBreakers? breakers = null) =>
        Create(options, vocabulary, forbidden, breakers, mayRunAsOne: true);

    /// <summary>The same; step by step in any case unless <paramref name="mayRunAsOne"/>.</summary>
    internal static SamplerChain Create(SamplingOptions options, int vocabulary, ReadOnlySpan<int> forbidden, DryBreakers? breakers, bool mayRunAsOne)
    {
        options.Validate();
        foreach ((int token, _) in options.LogitBias)
        {
            if ((uint)token >= (uint)vocabulary)
            {
                throw new RealmException(ErrorCode.InvalidToken, $"logitBias: token id {token} is not in the vocabulary of {vocabulary}");
            }
        }
        List<ILogitStep> onRow = [];
        List<ISamplerStep> steps = [];
        if (LogitBias.Create(options) is { } bias)
        {
            onRow.Add(bias);
        }
        foreach (SamplerKind kind in Samplers.Order(options))
        {
            ISamplerStep? step = kind.Create(options, breakers);
            if (step is ILogitStep logitStep && steps.Count == 0)
            {
                onRow.Add(logitStep);
            }
            else if (step != null)
            {
                steps.Add(step);
            }
        }
        steps.AddRange(Samplers.All.Where(kind => kind.IsLast).Select(kind => kind.Create(options, breakers)).OfType<IAdaptiveStep>());
        bool isOne = mayRunAsOne && steps.TrueForAll(step => step is ICandidateStep) && Sampler.Suffices(steps.Cast<ICandidateStep>());
        Sampler? sampler = isOne ? new Sampler(OnlyAskedFor(options, steps)) : null;
        int[] never = [.. forbidden, .. options.LogitBias.Where(entry => float.IsNegativeInfinity(entry.Bias)).Select(entry => entry.Token)];
        return new SamplerChain([.. onRow], isOne ? [] : [.. steps], sampler, [.. never.Where(id => (uint)id < (uint)vocabulary)]);
    }

    /// <summary>Chooses; <see cref="Accept"/> with the result, and adding it to the history, are the caller's.</summary>
    /// <param name="logits">(scratch.Vocabulary); changed by penalties and bias, and where tokens are forbidden.</param>
    /// <param name="mask">Bits of the tokens that are allowed now, the lowest of each word first, or null: all.</param>
    /// <param name="history">What the model has seen of the sequence.</param>
    /// <param name="random">The sequence's own; takes its next number, whatever the steps.</param>
    /// <param name="scratch">Of the same vocabulary and this thread.</param>
    /// <returns>A token id.</returns>
    /// <exception cref="RealmException"><see cref="ErrorCode.Numeric"/>: a logit is not finite; <see cref="ErrorCode.InvalidArgument"/>: no token is allowed.</exception>
    public int Choose(float* logits, ulong* mask, History history, RandomSource random, SamplerScratch scratch)
    {
        Draw draw = new(random.NextBits());
        foreach (ILogitStep step in _onRow)
        {
            ReadOnlySpan<int> tokens = step.Mark(history, scratch.Marks);
            foreach (int token in tokens)
            {
                if (scratch.Marks.Of(token) is int mark and not 0)
                {
                    // What is not finite stays so, for the scan to find.
                    logits[token] = float.IsFinite(logits[token]) ? LogitMask.Limit(step.Change(logits[token], mark)) : logits[token];
                    scratch.Marks.Set(token, 0);
                }
            }
        }
        foreach (int id in _forbidden)
        {
            logits[id] = LogitMask.Forbidden;
        }
        scratch.Scan(logits, mask);
        if (_sampler != null)
        {
            return _sampler.Choose(scratch, draw.Uniform);
        }
        foreach (ISamplerStep step in _steps)
        {
            if (step is ICandidateStep candidateStep)
            {
                candidateStep.Apply(scratch, draw);
            }
            else if (step is ILogitStep logitStep)
            {
                ReadOnlySpan<int> tokens = logitStep.Mark(history, scratch.Marks);
                scratch.Change(logitStep);
                scratch.Marks.Clear(tokens);
            }
        }
        scratch.GatherAll();
        double sum = scratch.Weigh(1);
        int index = scratch.PickIndex(draw.Uniform * sum);
        _last?.Drawn(scratch, index, sum);
        return scratch.Ids[index];
    }

    /// <summary>Notes the sequence's next token: some steps follow what is chosen.</summary>
    public void Accept(int token) => _last?.Accept(token);

    /// <summary>A step that is not in the order asked for is off.</summary>
    private static SamplingOptions OnlyAskedFor(SamplingOptions options, List<ISamplerStep> steps) => options with
    {
        TopK = steps.Exists(step => step is TopK) ? options.TopK : 0,
        TopP = steps.Exists(step => step is TopP) ? options.TopP : 1,
        MinP = steps.Exists(step => step is MinP) ? options.MinP : 0,
    };
}
