using System.Numerics;
using System.Text;

namespace Realm.Grammars.Json;

/// <summary>
/// Names that are not declared, where so many are asked for that some must differ: a name written twice would count once. Where there are few
/// they are written out, and are like declared ones. Else: an automaton can't remember names, but it remembers which classes of them came
/// (<see cref="NameClass"/>), and waits for as many as are asked for.
/// </summary>
internal sealed partial class ObjectShape
{
    /// <summary>So many names can be told from one another.</summary>
    private const int MostDistinct = 4;

    /// <summary>So many names are written out.</summary>
    private const int MostListed = 64;

    /// <summary>The names of members that are not declared, if they are few; else null.</summary>
    private List<string>? FewNames(SchemaBranch branch, List<Name> declared)
    {
        var texts = new List<byte[]>();
        foreach ((int characters, _) in OtherNames(branch, declared, _store.All))
        {
            if (!_store.TryList(characters, MostListed, texts))
            {
                return null;
            }
        }
        // A control character is written in two ways.
        return [.. texts.ConvertAll(text => JsonItem.Parse([(byte)'"', .. text, (byte)'"'], "name").Text).Distinct()];
    }

    /// <summary>The members that must still come, with names of so many classes, and then any.</summary>
    /// <param name="branch">The objects.</param>
    /// <param name="names">Their declared names.</param>
    /// <param name="other">Any member with a name that is not declared.</param>
    /// <param name="count">How many members came.</param>
    /// <param name="missing">How many must still come.</param>
    /// <param name="left">How many may still come.</param>
    private int Distinct(SchemaBranch branch, List<Name> names, int other, int count, int missing, int left)
    {
        if (missing > MostDistinct)
        {
            throw SchemaFault.Unsupported(branch.Keyword("minProperties"),
                $"minProperties asks for {missing} names that are not declared; at most {MostDistinct} can be told from one another");
        }
        int[] members = _membersByClass ??= MembersByClass(branch, names);
        if (members.Count(member => member != ExpressionStore.Nothing) < missing)
        {
            throw SchemaFault.Unsupported(branch.Keyword("minProperties"),
                $"minProperties asks for {missing} names that are not declared, and those that may be can't be told from one another");
        }
        var nodes = new int[1 << NameClass.Classes];
        for (int used = nodes.Length - 1; used >= 0; used--)
        {
            int came = BitOperations.PopCount((uint)used);
            if (came > missing)
            {
                continue;
            }
            if (came == missing)
            {
                int rest = left == ExpressionStore.NoEnd ? left : left - missing;
                nodes[used] = _store.Repeat(_store.Sequence(layout.Comma, other), 0, rest);
                continue;
            }
            int comma = count + came > 0 ? layout.Comma : ExpressionStore.Empty;
            var ways = new List<int>();
            var again = new List<int>();
            for (int each = 0; each < members.Length; each++)
            {
                if ((used >> each & 1) == 0)
                {
                    ways.Add(_store.Sequence(comma, members[each], nodes[used | 1 << each]));
                }
                else if (left == ExpressionStore.NoEnd)
                {
                    again.Add(_store.Sequence(comma, members[each]));
                }
            }
            nodes[used] = _store.Sequence(_store.Star(_store.Choice([.. again])), _store.Choice([.. ways]));
        }
        return nodes[0];
    }

    private int[] MembersByClass(SchemaBranch branch, List<Name> names)
    {
        int machine = _store.Add(new NameClass());
        var members = new int[NameClass.Classes];
        for (int each = 0; each < members.Length; each++)
        {
            members[each] = OtherMembers(branch, names, _store.Machine(machine, NameClass.Start(each)));
        }
        return members;
    }
}
