namespace Realm.Sampling;

/// <summary>
/// Makes tokens that came lately less likely: a positive logit is divided by the penalty, any other multiplied by it (dividing
/// a negative one would make its token likelier). Once a token, however often it came.
/// </summary>
public sealed class RepeatPenalty(float penalty)
{
    /// <summary>How many of the last tokens count: llama.cpp's default.</summary>
    public const int Window = 64;

    private readonly int[] _recent = new int[Window];
    private int _count;
    private int _next;

    /// <summary>Notes a token of the prompt or of the answer, in order.</summary>
    public void Accept(int token)
    {
        _recent[_next] = token;
        _next = (_next + 1) % Window;
        _count = Math.Min(_count + 1, Window);
    }

    /// <summary>Changes the logits (vocabulary) of the tokens noted last, in place.</summary>
    public void Apply(Span<float> logits)
    {
        if (penalty == 1)
        {
            return;
        }
        ReadOnlySpan<int> recent = _recent.AsSpan(0, _count);
        for (int i = 0; i < recent.Length; i++)
        {
            int token = recent[i];
            if ((uint)token < (uint)logits.Length && !recent[..i].Contains(token))
            {
                float logit = logits[token];
                logits[token] = logit > 0 ? logit / penalty : logit * penalty;
            }
        }
    }
}
