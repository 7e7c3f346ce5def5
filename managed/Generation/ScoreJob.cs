using Realm.Runtime;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>How likely a text is, token by token: of each the natural logarithm of its probability after those before it, written into the caller's
/// memory, and behind all of them the most probable tokens of each place, if they are asked for. Of the first there is none: it is not a number, and
/// its place has no tokens.</summary>
public sealed unsafe class ScoreJob : LogitsJob
{
    private readonly float* _output;
    private readonly LogProbabilities _probabilities;
    private readonly int _tops;

    internal ScoreJob(OpenModel model, Prompt prompt, LogitsOptions options, float* output, delegate* unmanaged<void*, void> notify, void* user)
        : base(model, prompt, options, output, notify, user)
    {
        _output = output;
        _tops = options.Tops;
        _probabilities = new LogProbabilities(model.Loaded.Model.Config.VocabSize);
    }

    /// <inheritdoc/>
    private protected override void Take(float* logits, int position, SamplerScratch scratch)
    {
        if (position == 0)
            _output[0] = float.NaN;
        if (position + 1 == Prompt.Length)
            return;
        _probabilities.Read(logits, scratch, _tops, keep: false);
        _output[position + 1] = _probabilities.Of(Prompt[position + 1]);
        TopToken* tops = (TopToken*)(_output + Prompt.Length) + (position * (long)_tops);
        for (int i = 0; i < _tops; i++)
        {
            (int token, float logProbability) = _probabilities.Top(i);
            tops[i] = new TopToken((uint)token, logProbability);
        }
    }
}
