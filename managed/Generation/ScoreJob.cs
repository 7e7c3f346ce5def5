using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>How likely a text is, token by token: of each the natural logarithm of its probability after those before it, written into the caller's
/// memory. Of the first there is none: it is not a number.</summary>
public sealed unsafe class ScoreJob : LogitsJob
{
    private readonly float* _output;
    private readonly LogProbabilities _probabilities;

    internal ScoreJob(OpenModel model, Prompt prompt, float* output, delegate* unmanaged<void*, void> notify, void* user)
        : base(model, prompt, output, notify, user)
    {
        _output = output;
        _probabilities = new LogProbabilities(model.Loaded.Model.Config.VocabSize);
    }

    /// <inheritdoc/>
    private protected override void Take(float* logits, int position, SamplerScratch scratch)
    {
        if (position == 0)
            _output[0] = float.NaN;
        if (position + 1 == Prompt.Length)
            return;
        _probabilities.Read(logits, scratch, 0, keep: false);
        _output[position + 1] = _probabilities.Of(Prompt[position + 1]);
    }
}
