namespace Realm.Sampling;

/// <summary>Adds numbers to the logits of given tokens, before any other step. Minus infinity forbids a token, which is not done here (see <see cref="SamplerChain"/>).</summary>
internal sealed class LogitBias : ILogitStep
{
    private readonly int[] _tokens;
    private readonly float[] _biases;

    private LogitBias((int Token, float Bias)[] biases)
    {
        _tokens = [.. biases.Select(entry => entry.Token)];
        _biases = [.. biases.Select(entry => entry.Bias)];
    }

    public static LogitBias? Create(SamplingOptions options)
    {
        (int Token, float Bias)[] finite = [.. options.LogitBias.Where(entry => float.IsFinite(entry.Bias))];
        return finite.Length == 0 ? null : new LogitBias(finite);
    }

    /// <summary>Each token's mark is one more than its place.</summary>
    public ReadOnlySpan<int> Mark(History history, TokenMarks marks)
    {
        for (int i = 0; i < _tokens.Length; i++)
        {
            marks.Set(_tokens[i], i + 1);
        }
        return _tokens;
    }

    public float Change(float logit, int mark) => logit + _biases[mark - 1];
}
