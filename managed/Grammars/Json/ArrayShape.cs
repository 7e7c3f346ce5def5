namespace Realm.Grammars.Json;

/// <summary>
/// Arrays: items at the front each with its own claims, then others; counted where that matters, and without repeats where items are few.
/// </summary>
internal sealed class ArrayShape(SchemaCompiler compiler, SchemaExpansion expansion, JsonLayout layout, GrammarRules rules)
{
    private const int MostUnique = 64;
    private const int MostCounted = 1 << 14;

    private readonly ExpressionStore _store = rules.Store;

    /// <summary>The arrays of a branch.</summary>
    public int Expression(SchemaBranch branch)
    {
        int least = branch.MinItems, most = branch.MaxItems;
        int front = 0;
        foreach (JsonItem schema in branch.Arrays)
        {
            front = Math.Max(front, SchemaKeywords.Items(schema).Front.Count);
        }
        branch.Items.ForEach(item => front = Math.Max(front, item.Index + 1));
        if (ClaimsOf(branch, front).Exists(compiler.IsNever))
        {
            most = Math.Min(most, front);
        }
        for (int i = front - 1; i >= 0; i--)
        {
            if (ClaimsOf(branch, i).Exists(compiler.IsNever))
            {
                most = Math.Min(most, i);
            }
        }
        if (least > most)
        {
            return ExpressionStore.Nothing;
        }
        if (branch.Unique is { } unique && most > 1)
        {
            return layout.Within((byte)'[', Unique(branch, unique, front, least, most), (byte)']');
        }
        int items = branch.Contains.Count > 0 ? Containing(branch, front, least, most) : Plain(index => compiler.Value(ClaimsOf(branch, index)), front, least, most);
        return layout.Within((byte)'[', items, (byte)']');
    }

    private int Plain(Func<int, int> valueAt, int front, int least, int most)
    {
        front = Math.Min(front, most);
        int node = ExpressionStore.Empty;
        if (most > front)
        {
            int other = valueAt(front);
            int next = _store.Sequence(layout.Comma, other);
            int missing = Math.Max(0, least - front), left = most == int.MaxValue ? ExpressionStore.NoEnd : most - front;
            if (front > 0)
            {
                node = _store.Repeat(next, missing, left);
            }
            else
            {
                int more = left == ExpressionStore.NoEnd ? left : left - 1;
                node = _store.Sequence(other, _store.Repeat(next, Math.Max(0, missing - 1), more));
                node = missing == 0 ? _store.Optional(node) : node;
            }
        }
        for (int i = front - 1; i >= 0; i--)
        {
            node = _store.Sequence(i > 0 ? layout.Comma : ExpressionStore.Empty, valueAt(i), node);
            node = i >= least ? _store.Optional(node) : node;
        }
        return node;
    }

    /// <summary>With items of one kind counted: each item is one that counts or one that does not.</summary>
    private int Containing(SchemaBranch branch, int front, int least, int most)
    {
        if (branch.Contains.Count > 1)
        {
            throw SchemaFault.Unsupported(branch.Contains[1].Keyword, "two contains that apply to one array can't be held by this engine");
        }
        (_, Claim claim, int from, int to) = branch.Contains[0];
        bool isBounded = to != int.MaxValue;
        int indexes = Math.Max(front, most == int.MaxValue ? least : most), counts = isBounded ? to : from;
        if ((long)(indexes + 1) * (counts + 1) > MostCounted)
        {
            throw SchemaFault.Limit(branch.Contains[0].Keyword, "contains together with so many items is too much to count");
        }
        // From the last index on all are alike, if there is no most.
        int[] after = new int[counts + 2];
        for (int index = indexes; index >= 0; index--)
        {
            var at = new int[counts + 2];
            List<Claim> any = ClaimsOf(branch, index), with = [.. any, claim], without = [.. any, claim.Denied];
            bool isLast = index == indexes;
            for (int count = counts; count >= 0; count--)
            {
                int separator = index > 0 ? layout.Comma : ExpressionStore.Empty;
                int one = _store.Sequence(separator, compiler.Value(with));
                // Where enough is enough, an item beyond it need not be told apart.
                int none = _store.Sequence(separator, compiler.Value(isBounded ? without : any));
                bool mayEnd = index >= least && count >= from;
                int more = count < counts ? count + 1 : isBounded ? counts + 1 : counts;
                if (isLast && most == int.MaxValue && index > 0)
                {
                    int ends = mayEnd ? ExpressionStore.Empty : ExpressionStore.Nothing;
                    int further = more == count ? ExpressionStore.Nothing : _store.Sequence(one, at[more]);
                    at[count] = _store.Sequence(_store.Star(none), _store.Choice(ends, further));
                    continue;
                }
                int[] next = !isLast ? after
                    : most == int.MaxValue ? First(branch, claim, from, counts, isBounded, least) : new int[counts + 2];
                at[count] = _store.Choice(mayEnd ? ExpressionStore.Empty : ExpressionStore.Nothing,
                    _store.Sequence(one, next[more]), _store.Sequence(none, next[count]));
            }
            after = at;
        }
        return after[0];
    }

    /// <summary>Behind the first item, where nothing else tells one place from another.</summary>
    private int[] First(SchemaBranch branch, Claim claim, int from, int counts, bool isBounded, int least)
    {
        var at = new int[counts + 2];
        List<Claim> any = ClaimsOf(branch, 1);
        int one = _store.Sequence(layout.Comma, compiler.Value([.. any, claim]));
        int none = _store.Sequence(layout.Comma, compiler.Value(isBounded ? [.. any, claim.Denied] : any));
        for (int count = counts; count >= 0; count--)
        {
            int more = count < counts ? count + 1 : isBounded ? counts + 1 : counts;
            int ends = count >= from && least <= 1 ? ExpressionStore.Empty : ExpressionStore.Nothing;
            int further = more == count ? ExpressionStore.Nothing : _store.Sequence(one, at[more]);
            at[count] = _store.Sequence(_store.Star(none), _store.Choice(ends, further));
        }
        return at;
    }

    /// <summary>Without repeats: of each value the items are a list with at most one of it, and all these lists are met at once.</summary>
    private int Unique(SchemaBranch branch, JsonItem keyword, int front, int least, int most)
    {
        int places = Math.Min(front + 1, most);
        var given = new List<List<JsonItem>>();
        var values = new List<JsonItem>();
        for (int index = 0; index < places && branch.Contains.Count == 0 && values.Count <= MostUnique; index++)
        {
            if (compiler.FiniteValues(ClaimsOf(branch, index), MostUnique) is not { } some)
            {
                break;
            }
            given.Add(some);
            values.AddRange(some.FindAll(value => !values.Exists(known => SchemaCheck.AreEqual(known, value))));
        }
        if (given.Count < places || values.Count > MostUnique)
        {
            throw SchemaFault.Unsupported(keyword,
                $"uniqueItems is held only where items are one of at most {MostUnique} given values, or maxItems is 1");
        }
        if (least > values.Count)
        {
            return ExpressionStore.Nothing;
        }
        int Text(JsonItem value) => _store.Literal(JsonText.Write(value, layout));
        int[] texts = [.. values.ConvertAll(Text)];
        // A value that stands in several places is written in one way.
        int ValueAt(int index) =>
            _store.Choice([.. values.FindAll(value => given[index].Exists(each => SchemaCheck.AreEqual(each, value))).ConvertAll(Text)]);
        var lists = new List<int> { Plain(ValueAt, front, least, Math.Min(most, texts.Length)) };
        for (int i = 0; i < texts.Length && texts.Length > 1; i++)
        {
            int others = _store.Choice([.. texts[..i], .. texts[(i + 1)..]]);
            int run = _store.Sequence(others, _store.Star(_store.Sequence(layout.Comma, others)));
            int once = _store.Sequence(
                _store.Optional(_store.Sequence(run, layout.Comma)), texts[i], _store.Optional(_store.Sequence(layout.Comma, run)));
            lists.Add(_store.Choice(ExpressionStore.Empty, run, once));
        }
        return _store.Both([.. lists]);
    }

    private List<Claim> ClaimsOf(SchemaBranch branch, int index)
    {
        var claims = new List<Claim>();
        foreach (JsonItem schema in branch.Arrays)
        {
            (List<JsonItem> items, JsonItem? others) = SchemaKeywords.Items(schema);
            if ((index < items.Count ? items[index] : others) is { } item)
            {
                Add(new Claim(item, false));
            }
        }
        foreach ((int at, Claim claim) in branch.Items)
        {
            if (at == index || at < 0)
            {
                Add(claim);
            }
        }
        return claims;

        void Add(Claim claim)
        {
            claim = expansion.Direct(claim);
            if (!claims.Contains(claim))
            {
                claims.Add(claim);
            }
        }
    }
}
