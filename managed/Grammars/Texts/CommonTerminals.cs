namespace Realm.Grammars.Texts;

/// <summary>The terminals that Lark's <c>%import common.NAME</c> means, as regular expressions.</summary>
internal static class CommonTerminals
{
    private static readonly Dictionary<string, string> Patterns = new()
    {
        ["DIGIT"] = "[0-9]",
        ["HEXDIGIT"] = "[0-9a-fA-F]",
        ["INT"] = "[0-9]+",
        ["SIGNED_INT"] = "[+-]?[0-9]+",
        ["DECIMAL"] = @"[0-9]+\.[0-9]*|\.[0-9]+",
        ["_EXP"] = "[eE][+-]?[0-9]+",
        ["FLOAT"] = @"[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
        ["SIGNED_FLOAT"] = @"[+-]?(?:[0-9]+[eE][+-]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)",
        ["NUMBER"] = @"[0-9]+(?:[eE][+-]?[0-9]+)?|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
        ["SIGNED_NUMBER"] = @"[+-]?(?:[0-9]+(?:[eE][+-]?[0-9]+)?|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)",
        ["ESCAPED_STRING"] = @"""(?:[^""\\\n]|\\[^\n])*""",
        ["LCASE_LETTER"] = "[a-z]",
        ["UCASE_LETTER"] = "[A-Z]",
        ["LETTER"] = "[A-Za-z]",
        ["WORD"] = "[A-Za-z]+",
        ["CNAME"] = "[A-Za-z_][A-Za-z0-9_]*",
        ["WS_INLINE"] = @"[ \t]+",
        ["WS"] = @"[ \t\f\r\n]+",
        ["CR"] = @"\r",
        ["LF"] = @"\n",
        ["NEWLINE"] = @"(?:\r?\n)+",
        ["SH_COMMENT"] = @"#[^\n]*",
        ["CPP_COMMENT"] = @"//[^\n]*",
        ["SQL_COMMENT"] = @"--[^\n]*",
        ["C_COMMENT"] = @"/\*(?:[^*]|\*+[^*/])*\*+/",
    };

    /// <summary>The pattern of a name, or null.</summary>
    public static string? Find(string name) => Patterns.GetValueOrDefault(name);
}
