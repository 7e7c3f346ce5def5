using Realm.Grammars.Json;

namespace Realm.Grammars.Structures;

/// <summary>
/// Reads schemas that say more than can be held: what can't is taken out of the schema, so that it allows more, until all of the rest
/// can. A <c>not</c> or <c>if</c> with such a part goes as a whole, a <c>oneOf</c> becomes <c>anyOf</c>: less in them would allow less.
/// </summary>
internal sealed class LooseSchema
{
    /// <summary>Things taken out at most.</summary>
    private const int Most = 200;

    private static readonly string[] _negations = ["not", "if", "oneOf"];

    private static readonly string[] _maps =
        ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];

    /// <summary>The finished rules of a schema, or of a structure in which there are schemas; they have a warning for each thing left out.</summary>
    /// <inheritdoc cref="GrammarFormat.Compile"/>
    public static GrammarRules Read(
        GrammarNotation notation, ReadOnlySpan<byte> text, JsonWhitespace whitespace, CompileBudget budget, TokenVocabulary? vocabulary)
    {
        bool isStructure = notation == GrammarNotation.Structure;
        JsonItem root = JsonItem.Parse(text, isStructure ? "structure" : "schema");
        var ignored = new List<string>();
        while (true)
        {
            var rules = new GrammarRules(budget);
            try
            {
                bool isPlain = true;
                if (isStructure)
                {
                    isPlain = StructureReader.Read(root, whitespace, rules, vocabulary);
                }
                else
                {
                    SchemaCompiler.Read(root, whitespace, rules);
                }
                rules.Finish(isPlain);
                rules.Warnings.AddRange(ignored);
                rules.IsLoosened = ignored.Count > 0;
                return rules;
            }
            catch (SchemaException e) when (e.Code == ErrorCode.Unsupported && ignored.Count < Most)
            {
                ignored.Add($"{e.Finding} (ignored)");
                Loosen(e, isStructure);
            }
        }
    }

    /// <summary>Takes out what a fault is about.</summary>
    private static void Loosen(SchemaException fault, bool isStructure)
    {
        var way = new List<JsonItem>();
        for (JsonItem? item = fault.Where; item != null; item = item.Parent)
        {
            way.Insert(0, item);
        }
        // In a structure the first member named json on the way down is the schema; the nodes above it are none.
        int first = isStructure ? way.FindIndex(item => item.Name == "json" && item.Parent is { IsObject: true }) : 0;
        way.RemoveRange(0, Math.Max(first, 0));
        JsonItem? negation = way.Skip(1).FirstOrDefault(item => IsKeyword(item, way[0]) && _negations.Contains(item.Name));
        if (negation != null)
        {
            TakeOut(negation);
            return;
        }
        if (fault.IsDenial && Referring(way[0]) is { Count: > 0 } referring)
        {
            referring.ForEach(TakeOut);
            return;
        }
        for (int i = way.Count - 1; i >= 0; i--)
        {
            if (i > 0 && IsKeyword(way[i], way[0]))
            {
                way[i].Remove();
                return;
            }
            if (way[i].Items.Count > 0)
            {
                way[i].Items.ToList().ForEach(item => item.Remove());
                return;
            }
        }
    }

    private static void TakeOut(JsonItem negation)
    {
        if (negation.Name == "oneOf" && negation.Parent!["anyOf"] == null)
        {
            negation.Rename("anyOf");
        }
        else
        {
            negation.Remove();
        }
    }

    /// <summary>The negations of a schema in which there are references: what they deny stands elsewhere.</summary>
    private static List<JsonItem> Referring(JsonItem root)
    {
        var found = new List<JsonItem>();
        var open = new Stack<(JsonItem Item, JsonItem? Negation)>();
        open.Push((root, null));
        while (open.TryPop(out (JsonItem Item, JsonItem? Negation) at))
        {
            JsonItem? negation = at.Negation ?? (at.Item != root && IsKeyword(at.Item, root) && _negations.Contains(at.Item.Name) ? at.Item : null);
            if (negation != null && at.Item.Name == "$ref" && !found.Contains(negation))
            {
                found.Add(negation);
            }
            at.Item.Items.ForEach(item => open.Push((item, negation)));
        }
        return found;
    }

    /// <summary>Whether an item is a keyword of a schema: not a name of a property or a definition, not one of a list.</summary>
    private static bool IsKeyword(JsonItem item, JsonItem root)
    {
        return item != root && item.Parent is { IsObject: true } parent && !(_maps.Contains(parent.Name) && IsKeyword(parent, root));
    }
}
