namespace Realm.Sampling;

/// <summary>A number among the <see cref="SamplingOptions"/>: its name, range and meaning, for the check of arguments and for docs/sampling.md.</summary>
/// <param name="Name">As JavaScript calls it.</param>
/// <param name="Get">Reads it.</param>
/// <param name="With">The options with another number for it.</param>
/// <param name="Least">The least it may be.</param>
/// <param name="Most">The most it may be.</param>
/// <param name="Range">These two in words, after "must be".</param>
/// <param name="Doc">What it does.</param>
internal sealed record SamplerOption(
    string Name,
    Func<SamplingOptions, double> Get,
    Func<SamplingOptions, double, SamplingOptions> With,
    double Least,
    double Most,
    string Range,
    string Doc)
{
    /// <summary>It has no fraction.</summary>
    public bool IsInteger { get; init; }

    /// <summary>What it is unless asked otherwise, where that is not to be off.</summary>
    public double? On { get; init; }

    /// <summary>What it is unless asked otherwise.</summary>
    public double Default => On ?? Get(SamplingOptions.Off);

    /// <summary>Checks a number.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.InvalidArgument"/>, naming the option.</exception>
    public void Check(double value)
    {
        // Written so that NaN fails too.
        if (!(value >= Least && value <= Most) || (IsInteger && Math.Floor(value) != value))
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{Name} must be {Range}, not {Text(value)}");
        }
    }

    /// <summary>A number as its option's type shows it.</summary>
    public static string Text(double value) => ((float)value).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
