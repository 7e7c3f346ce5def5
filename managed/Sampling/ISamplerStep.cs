namespace Realm.Sampling;

/// <summary>A step of a <see cref="SamplerChain"/>.</summary>
internal interface ISamplerStep;

/// <summary>Changes the logits of some tokens, by what was said before or by what was asked for.</summary>
internal interface ILogitStep : ISamplerStep
{
    /// <summary>Marks the tokens whose logits it changes, each with a number that is not 0.</summary>
    /// <returns>Tokens that all marked ones are among, in any order.</returns>
    ReadOnlySpan<int> Mark(History history, TokenMarks marks);

    /// <summary>The changed logit of a token with that mark.</summary>
    float Change(float logit, int mark);
}

/// <summary>Takes candidates away, or changes how they compare.</summary>
internal interface ICandidateStep : ISamplerStep
{
    /// <summary>Does so. At least one candidate stays.</summary>
    void Apply(SamplerScratch scratch, in Draw draw);
}

/// <summary>A step that learns from what was chosen; always the last.</summary>
internal interface IAdaptiveStep : ICandidateStep
{
    /// <summary>One of the candidates has been drawn.</summary>
    /// <param name="scratch">The candidates, their weights with scale 1.</param>
    /// <param name="index">Its place.</param>
    /// <param name="sum">Of the weights.</param>
    void Drawn(SamplerScratch scratch, int index, double sum);

    /// <summary>It is the sequence's next token.</summary>
    void Accept(int token);
}
