using Realm.Grammars.Json;
using Realm.Sampling;

namespace Realm.Generation;

/// <summary>What to generate. A new option stands here, in <c>Abi/GenerationOptionTable.cs</c>, and in the package's table.</summary>
public sealed record GenerationOptions
{
    /// <summary>How each token is chosen.</summary>
    public SamplingOptions Sampling { get; set; } = new(Temperature: 0);

    /// <summary>Texts that end a repetition for DRY; null: <see cref="DryBreakers.Default"/>.</summary>
    public string[]? DrySequenceBreakers { get; set; }

    /// <summary>What the text keeps to; null: nothing. Stops do not count then, and the end of what the format allows ends it.</summary>
    public OutputFormat? Format { get; set; }

    /// <summary>White space in a format's JSON values; null: the format's own.</summary>
    public JsonWhitespace? Whitespace { get; set; }

    /// <summary>Leave out of a format what it can't be held to; null: as the format says.</summary>
    public bool? IgnoresUnsupported { get; set; }

    /// <summary>Tokens to generate at most.</summary>
    public long MaxTokens { get; set; } = uint.MaxValue;

    /// <summary>Go on after an end-of-generation token.</summary>
    public bool IgnoreEos { get; set; }

    /// <summary>Write special tokens out in the text, but for the one that ends it. A structure's always are.</summary>
    public bool SpecialTokens { get; set; }

    /// <summary>UTF-8 texts, none empty, that end the generation; the text ends before them.</summary>
    public byte[][] Stops { get; set; } = [];

    /// <summary>Tokens that end the generation; the text ends before them.</summary>
    public int[] StopIds { get; set; } = [];

    /// <summary>Let the model look at guessed tokens too where that saves time. Changes nothing of what is generated.</summary>
    public bool Speculation { get; set; } = true;

    /// <summary>Use beginnings of texts that the model has seen, and keep this one. Changes nothing of what is generated.</summary>
    public bool CachePrompt { get; set; } = true;

    /// <summary>Tell the log probability of each token that is chosen.</summary>
    public bool LogProbabilities { get; set; }

    /// <summary>With them, likeliest tokens to tell of each place.</summary>
    public int TopLogProbabilities { get; set; }

    /// <summary>Who goes first where not everybody can.</summary>
    public Priority Priority { get; set; } = Priority.Normal;

    /// <summary>Milliseconds after which the generation fails; 0: never.</summary>
    public long Timeout { get; set; }

    /// <summary>The caller changes the logits of each token before samplers see them: <see cref="Job.TakeLogits"/>, <see cref="Job.AnswerLogits"/>.</summary>
    public bool LogitsProcessor { get; set; }

    /// <summary>How strong each of the model's adapters is, in the order in which they were opened; null: as they were opened.</summary>
    public float[]? AdapterScales { get; set; }
}
