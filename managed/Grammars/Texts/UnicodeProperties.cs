using System.Globalization;

namespace Realm.Grammars.Texts;

/// <summary>General categories of Unicode by the names that regular expressions use. Scripts are not known here.</summary>
internal static class UnicodeProperties
{
    private static readonly Dictionary<string, CodePoints> Known = [];

    /// <summary>Each with its letters in <see cref="UnicodeCategory"/>'s order and its long name.</summary>
    private static readonly (string Short, string Long)[] Categories =
    [
        ("Lu", "Uppercase_Letter"), ("Ll", "Lowercase_Letter"), ("Lt", "Titlecase_Letter"), ("Lm", "Modifier_Letter"),
        ("Lo", "Other_Letter"),
        ("Mn", "Nonspacing_Mark"), ("Mc", "Spacing_Mark"), ("Me", "Enclosing_Mark"), ("Nd", "Decimal_Number"), ("Nl", "Letter_Number"),
        ("No", "Other_Number"), ("Zs", "Space_Separator"), ("Zl", "Line_Separator"), ("Zp", "Paragraph_Separator"), ("Cc", "Control"),
        ("Cf", "Format"), ("Cs", "Surrogate"), ("Co", "Private_Use"), ("Pc", "Connector_Punctuation"), ("Pd", "Dash_Punctuation"),
        ("Ps", "Open_Punctuation"), ("Pe", "Close_Punctuation"), ("Pi", "Initial_Punctuation"), ("Pf", "Final_Punctuation"),
        ("Po", "Other_Punctuation"), ("Sm", "Math_Symbol"), ("Sc", "Currency_Symbol"), ("Sk", "Modifier_Symbol"), ("So", "Other_Symbol"),
        ("Cn", "Unassigned"),
    ];

    private static readonly (string Short, string Long)[] Groups =
    [
        ("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("Z", "Separator"), ("C", "Other"), ("P", "Punctuation"), ("S", "Symbol"),
    ];

    /// <summary>The characters of a property, or null if it is not known.</summary>
    public static CodePoints? Find(string name)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["General_Category=", "gc="])
        {
            name = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        }
        lock (Known)
        {
            if (!Known.TryGetValue(name, out CodePoints? points) && Make(name) is { } made)
            {
                Known[name] = points = made;
            }
            return points;
        }
    }

    private static CodePoints? Make(string name)
    {
        switch (name)
        {
            case "Any":
                return CodePoints.All;
            case "ASCII":
                return CodePoints.Of((0, 127));
            case "ASCII_Hex_Digit":
                return CodePoints.Of(('0', '9'), ('A', 'F'), ('a', 'f'));
            case "punct":
                name = "P";
                break;
        }
        foreach ((string shortName, string longName) in Groups)
        {
            if (name == shortName || name == longName)
            {
                return CodePoints.OfCategories(category => Categories[(int)category].Short[0] == shortName[0]);
            }
        }
        int index = Array.FindIndex(Categories, category => category.Short == name || category.Long == name);
        return index < 0 ? null : CodePoints.OfCategories(category => (int)category == index);
    }
}
