namespace Realm.Grammars;

/// <summary>The texts of a regular expression that has few.</summary>
internal sealed partial class ExpressionStore
{
    /// <summary>Bytes of a text that is written out.</summary>
    private const int LongestListed = 256;

    /// <summary>Writes out all texts of a regular expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="most">So many are written out at most.</param>
    /// <param name="texts">Gets them, those with lesser bytes first.</param>
    /// <returns>False: there are more, or long ones.</returns>
    public bool TryList(int expression, int most, List<byte[]> texts) => TryList(expression, most, texts, []);

    private bool TryList(int expression, int most, List<byte[]> texts, List<byte> before)
    {
        if (Shortest(expression) >= NoText)
        {
            return true;
        }
        if (before.Count > LongestListed)
        {
            return false;
        }
        EnsureStack();
        _budget.Spend();
        if (_nodes[expression].IsNullable)
        {
            if (texts.Count == most)
            {
                return false;
            }
            texts.Add([.. before]);
        }
        ByteSet first = _nodes[expression].First;
        for (int value = first.Next(0); value >= 0; value = first.Next(value + 1))
        {
            before.Add((byte)value);
            bool isDone = TryList(Derivative(expression, (byte)value), most, texts, before);
            before.RemoveAt(before.Count - 1);
            if (!isDone)
            {
                return false;
            }
        }
        return true;
    }
}
