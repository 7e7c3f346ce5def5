namespace Realm.Grammars.Json;

/// <summary>
/// Where several schemas declare names of one object (allOf, anyOf, $ref beside properties), nothing says which come first: each schema
/// keeps its own order, and their names may stand between one another's.
/// </summary>
internal sealed partial class ObjectShape
{
    /// <summary>So many places in all orders together; beyond it the schemas come one behind the other.</summary>
    private const int MostPlaces = 512;

    /// <summary>What is between the braces; null where one order is all there is, or orders are too many.</summary>
    private int? Interleaved(List<Name> names, int other)
    {
        List<List<Name>> groups = Groups(names);
        long places = 1;
        foreach (List<Name> group in groups)
        {
            places = Math.Min(places * (group.Count + 1), MostPlaces + 1);
        }
        if (groups.Count < 2 || places > MostPlaces)
        {
            return null;
        }
        int[] ends = [Others(other, 0, 0, int.MaxValue), Others(other, 1, 0, int.MaxValue)];
        for (int i = names.Count - 1; i >= 0; i--)
        {
            if (names[i] is { Group: < 0, IsForbidden: false } name)
            {
                int value = compiler.Value(name.Claims);
                ends = [With(0), With(1)];

                int With(int count)
                {
                    int with = _store.Sequence(Key(name.Text, count > 0), value, ends[1]);
                    return name.IsRequired ? with : _store.Choice(with, ends[count]);
                }
            }
        }
        // A place is how many names of each group are behind, as a number of mixed radix; later places have greater numbers.
        var nodes = new int[places];
        for (int place = (int)places - 1; place >= 0; place--)
        {
            rules.Budget.Spend();
            var ways = new List<int>();
            bool mayEnd = true;
            int radix = 1;
            foreach (List<Name> group in groups)
            {
                int from = place / radix % (group.Count + 1);
                int next = from;
                for (bool isOpen = true; isOpen && next < group.Count; next++)
                {
                    Name name = group[next];
                    int after = nodes[place + (next + 1 - from) * radix];
                    ways.Add(_store.Sequence(Key(name.Text, place > 0), compiler.Value(name.Claims), after));
                    isOpen = !name.IsRequired;
                    mayEnd &= isOpen;
                }
                radix *= group.Count + 1;
            }
            if (mayEnd)
            {
                ways.Add(ends[place > 0 ? 1 : 0]);
            }
            nodes[place] = _store.Choice([.. ways]);
        }
        return nodes[0];
    }

    /// <summary>The declared names that may be there, by the schema that declares them. Others follow behind all of them.</summary>
    private static List<List<Name>> Groups(List<Name> names)
    {
        var groups = new List<List<Name>>();
        foreach (Name name in names)
        {
            if (name.IsForbidden || name.Group < 0)
            {
                continue;
            }
            List<Name>? group = groups.Find(each => each[0].Group == name.Group);
            if (group == null)
            {
                groups.Add(group = []);
            }
            group.Add(name);
        }
        return groups;
    }
}
