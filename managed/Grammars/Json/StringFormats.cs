namespace Realm.Grammars.Json;

/// <summary>
/// The formats of strings that are held, as patterns for the whole text. Others are notes, as the specification calls them.
/// </summary>
internal static class StringFormats
{
    private const string Date =
        @"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
        + @"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";

    /// <summary>Leap seconds only where they can be: at the end of a day in UTC, written so.</summary>
    private const string Time =
        @"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,18})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
        + @"|23:59:60(?:\.\d{1,18})?(?:[Zz]|[+-]00:00))";

    private const string TimeSpan = @"T(?:\d{1,9}H(?:\d{1,9}M(?:\d{1,9}S)?)?|\d{1,9}M(?:\d{1,9}S)?|\d{1,9}S)";
    private const string Duration =
        @"P(?:(?:\d{1,9}Y(?:\d{1,9}M(?:\d{1,9}D)?)?|\d{1,9}M(?:\d{1,9}D)?|\d{1,9}D)(?:" + TimeSpan + ")?|" + TimeSpan + @"|\d{1,9}W)";

    private const string Atom = @"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+";
    private const string MailLabel = @"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?";

    /// <summary>Without hyphens in the third and fourth place, which say that a label is an encoded one.</summary>
    private const string Label =
        @"[A-Za-z0-9](?:[A-Za-z0-9]|[A-Za-z0-9\-][A-Za-z0-9]|[A-Za-z0-9\-]{2}[A-Za-z0-9]"
        + @"|[A-Za-z0-9\-](?:[A-Za-z0-9][A-Za-z0-9\-]|-[A-Za-z0-9])[A-Za-z0-9\-]{0,58}[A-Za-z0-9])?";

    private const string Octet = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    private const string IPv4 = @"(?:" + Octet + @"\.){3}" + Octet;
    private const string Group = "[0-9A-Fa-f]{1,4}";
    private const string LastGroups = "(?:" + Group + ":" + Group + "|" + IPv4 + ")";
    private const string IPv6 =
        "(?:(?:" + Group + ":){6}" + LastGroups
        + "|::(?:" + Group + ":){5}" + LastGroups
        + "|(?:" + Group + ")?::(?:" + Group + ":){4}" + LastGroups
        + "|(?:(?:" + Group + ":){0,1}" + Group + ")?::(?:" + Group + ":){3}" + LastGroups
        + "|(?:(?:" + Group + ":){0,2}" + Group + ")?::(?:" + Group + ":){2}" + LastGroups
        + "|(?:(?:" + Group + ":){0,3}" + Group + ")?::" + Group + ":" + LastGroups
        + "|(?:(?:" + Group + ":){0,4}" + Group + ")?::" + LastGroups
        + "|(?:(?:" + Group + ":){0,5}" + Group + ")?::" + Group
        + "|(?:(?:" + Group + ":){0,6}" + Group + ")?::)";

    private const string Percent = "%[0-9A-Fa-f]{2}";
    private const string PathCharacter = @"(?:[A-Za-z0-9._~!$&'()*+,;=:@\-]|" + Percent + ")";
    private const string NoColon = @"(?:[A-Za-z0-9._~!$&'()*+,;=@\-]|" + Percent + ")";
    private const string Authority =
        @"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:\-]|" + Percent + @")*@)?(?:\[" + IPv6
        + @"\]|(?:[A-Za-z0-9._~!$&'()*+,;=\-]|" + Percent + @")*)(?::\d{0,5})?";
    private const string Segments = "(?:/" + PathCharacter + "*)*";
    private const string Behind = @"(?:\?(?:" + PathCharacter + "|[/?])*)?(?:#(?:" + PathCharacter + "|[/?])*)?";
    private const string Rooted = "//" + Authority + Segments + "|/(?:" + PathCharacter + "+" + Segments + ")?";
    private const string Uri = @"[A-Za-z][A-Za-z0-9+.\-]*:(?:" + Rooted + "|" + PathCharacter + "+" + Segments + ")" + Behind;
    private const string Relative = "(?:" + Rooted + "|" + NoColon + "+" + Segments + ")?" + Behind;

    private const string RegexClass = @"\[\^?(?:[A-Za-z0-9_.,:;/ ]|a-z|A-Z|0-9|\\[dDwWsS])+\]";
    private const string RegexAtom = @"(?:[A-Za-z0-9_,:;/ @#%&=<>!'~`\-]|\.|\\[dDwWsSnrtfv\\/.()\[\]{}*+?|\^$]|" + RegexClass + ")";
    private const string RegexCount = @"(?:[*+?]|\{\d\})?";
    private const string RegexItems = "(?:" + RegexAtom + RegexCount + ")*";
    private const string RegexGroup = @"\((?:\?:)?" + RegexItems + @"(?:\|" + RegexItems + @")*\)";
    private const string RegexParts = "(?:(?:" + RegexAtom + "|" + RegexGroup + ")" + RegexCount + ")*";

    private static readonly Dictionary<string, string> Patterns = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "[Tt]" + Time,
        ["duration"] = Duration,
        ["email"] = Atom + @"(?:\." + Atom + ")*@(?:" + MailLabel + @"\.)+" + MailLabel,
        ["hostname"] = @"(?=[\s\S]{1,253}$)" + Label + @"(?:\." + Label + ")*",
        ["ipv4"] = IPv4,
        ["ipv6"] = IPv6,
        ["uuid"] = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        ["uri"] = Uri,
        ["uri-reference"] = Uri + "|" + Relative,
        ["json-pointer"] = @"(?:/(?:[^/~]|~[01])*)*",
        ["regex"] = @"\^?" + RegexParts + @"(?:\|" + RegexParts + @")*\$?",
    };

    public static bool IsKnown(string format) => Patterns.ContainsKey(format);

    /// <summary>The pattern of a format; null where it is none of these.</summary>
    public static string? Find(string format) => Patterns.GetValueOrDefault(format);
}
