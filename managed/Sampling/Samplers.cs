using System.Text;

namespace Realm.Sampling;

/// <summary>All kinds of steps, in the order in which they run unless asked otherwise: llama.cpp's.</summary>
internal static class Samplers
{
    public static readonly SamplerKind[] All =
    [
        new("penalties", Penalties.Create, Penalties.Options),
        new("dry", Dry.Create, Dry.Options),
        new("topNSigma", TopNSigma.Create, TopNSigma.Options) { IsFilter = true },
        new("topK", TopK.Create, TopK.Options) { IsFilter = true },
        new("typicalP", Typical.Create, Typical.Options) { IsFilter = true },
        new("topP", TopP.Create, TopP.Options) { IsFilter = true },
        new("minP", MinP.Create, MinP.Options) { IsFilter = true },
        new("xtc", Xtc.Create, Xtc.Options) { IsFilter = true },
        new("temperature", Temperature.Create, Temperature.Options),
        new("mirostat", Mirostat.Create, Mirostat.Options) { IsLast = true },
        new("adaptiveP", AdaptiveP.Create, AdaptiveP.Options) { IsLast = true },
    ];

    /// <summary>What a user gets who asks for nothing.</summary>
    public static SamplingOptions Defaults { get; } = All.SelectMany(kind => kind.Options).Aggregate(SamplingOptions.Off, (options, option) => option.With(options, option.Default));

    /// <summary>The option of that name, or null.</summary>
    public static SamplerOption? Option(string name)
    {
        foreach (SamplerKind kind in All)
        {
            foreach (SamplerOption option in kind.Options)
            {
                if (option.Name == name)
                {
                    return option;
                }
            }
        }
        return null;
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, naming the option.</exception>
    public static void Check(SamplingOptions options)
    {
        foreach (SamplerKind kind in All)
        {
            foreach (SamplerOption option in kind.Options)
            {
                option.Check(option.Get(options));
            }
        }
        if (options.Mirostat == 1)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "mirostat must be 0 or 2, not 1: the first form is not there");
        }
        if (options.Mirostat != 0 && options.AdaptiveTarget >= 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "mirostat and adaptiveTarget exclude each other: both choose the token");
        }
        foreach ((int token, float bias) in options.LogitBias)
        {
            if (!(bias < float.PositiveInfinity))
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"logitBias of token {token} must be a finite number or minus infinity, not {bias}");
            }
        }
        _ = Order(options);
    }

    /// <summary>The kinds to run, in order; without those that run last.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>: an unknown name.</exception>
    public static List<SamplerKind> Order(SamplingOptions options)
    {
        if (options.Samplers == null)
        {
            return [.. All.Where(kind => !kind.IsLast && !(kind.IsFilter && options.Mirostat != 0))];
        }
        List<SamplerKind> order = [];
        foreach (string name in options.Samplers)
        {
            SamplerKind kind = Array.Find(All, kind => kind.Name == name) ?? throw new RealmException(
                ErrorCode.InvalidArgument,
                $"samplers: there is no sampler '{name}'; there are {string.Join(", ", All.Select(kind => kind.Name))}");
            if (!kind.IsLast)
            {
                order.Add(kind);
            }
        }
        return order;
    }

    /// <summary>The table of docs/sampling.md.</summary>
    public static string Markdown()
    {
        StringBuilder text = new("| sampler | option | default | must be | |\n| --- | --- | --- | --- | --- |\n");
        foreach (SamplerKind kind in All)
        {
            foreach (SamplerOption option in kind.Options)
            {
                text.Append($"| `{kind.Name}` | `{option.Name}` | {SamplerOption.Text(option.Default)} | {option.Range} | {option.Doc} |\n");
            }
        }
        return text.ToString();
    }
}
