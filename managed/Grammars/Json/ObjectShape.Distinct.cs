using System.Numerics;

namespace Realm.Grammars.Json;

/// <summary>
/// Names that are not declared, where so many are asked for that some must differ: a name written twice would count once. An automaton
/// can't remember names; it remembers in which of eight classes their last bytes were, and takes the next from another.
/// </summary>
internal sealed partial class ObjectShape
{
    private const int Classes = 8;

    /// <summary>So many names can be told from one another.</summary>
    private const int MostDistinct = 4;

    /// <summary>The members that must still come, each with a name of another class, and then any.</summary>
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
            throw SchemaFault.Unsupported(branch.Claims[0].Schema["minProperties"] ?? branch.Claims[0].Schema,
                $"minProperties asks for {missing} names that are not declared; at most {MostDistinct} can be told from one another");
        }
        int[] members = _membersByClass ??= MembersByClass(branch, names);
        var nodes = new int[1 << Classes];
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
            var ways = new List<int>();
            for (int each = 0; each < Classes; each++)
            {
                if ((used >> each & 1) == 0)
                {
                    int member = count + came > 0 ? _store.Sequence(layout.Comma, members[each]) : members[each];
                    ways.Add(_store.Sequence(member, nodes[used | 1 << each]));
                }
            }
            nodes[used] = _store.Choice([.. ways]);
        }
        return nodes[0];
    }

    private int[] MembersByClass(SchemaBranch branch, List<Name> names)
    {
        var members = new int[Classes];
        for (int each = 0; each < Classes; each++)
        {
            ByteSet last = default;
            for (int value = each; value < 256; value += Classes)
            {
                last |= ByteSet.Of((byte)value);
            }
            members[each] = OtherMembers(branch, names, _store.Sequence(_store.All, _store.Bytes(last)));
        }
        return members;
    }
}
