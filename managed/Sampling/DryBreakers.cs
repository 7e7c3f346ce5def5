using System.Text;
using Realm.Tokenizers;

namespace Realm.Sampling;

/// <summary>
/// Sequences that end a repetition for <see cref="Dry"/>: names, line ends, quotation marks. A token that contains one is one; a token that ends as one begins needs the
/// rest of it to follow.
/// </summary>
public sealed class DryBreakers
{
    /// <summary>What breaks unless asked otherwise: llama.cpp's defaults.</summary>
    public static readonly string[] Default = ["\n", ":", "\"", "*"];

    // Of longer ones only the beginning counts: the walk over the text stays linear.
    private const int MostBytes = 40, MostTokens = 20;

    private readonly Dictionary<int, List<int[]>> _rests = [];

    /// <summary>Breakers of given tokens.</summary>
    public DryBreakers(params ReadOnlySpan<int[]> sequences)
    {
        foreach (int[] sequence in sequences)
        {
            Add(sequence[0], sequence[1..]);
        }
    }

    /// <summary>Finds which tokens of a vocabulary break. It looks at all of them, so the result is worth keeping.</summary>
    public static DryBreakers Create(Tokenizer tokenizer, IEnumerable<string> sequences)
    {
        DryBreakers breakers = new();
        foreach (string sequence in sequences)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(sequence);
            bytes = bytes[..Math.Min(bytes.Length, MostBytes)];
            if (bytes.Length > 0)
            {
                breakers.AddAll(tokenizer, bytes);
            }
        }
        return breakers;
    }

    /// <summary>How many tokens stand after the last breaker of a text; all of them if there is none.</summary>
    internal int TokensSince(ReadOnlySpan<int> text)
    {
        for (int after = 0; after < text.Length; after++)
        {
            if (!_rests.TryGetValue(text[^(after + 1)], out List<int[]>? rests))
            {
                continue;
            }
            int longest = -1;
            foreach (int[] rest in rests)
            {
                if (rest.Length > longest && rest.Length <= after && text[^after..].StartsWith(rest))
                {
                    longest = rest.Length;
                }
            }
            if (longest >= 0)
            {
                return after - longest;
            }
        }
        return text.Length;
    }

    /// <summary>Whether a token alone breaks.</summary>
    internal bool IsBreaker(int token)
    {
        if (_rests.TryGetValue(token, out List<int[]>? rests))
        {
            foreach (int[] rest in rests)
            {
                if (rest.Length == 0)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private void AddAll(Tokenizer tokenizer, byte[] breaker)
    {
        int[]?[] rests = new int[breaker.Length][];
        for (int token = 0; token < tokenizer.VocabSize; token++)
        {
            ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(token);
            if (bytes.IndexOf(breaker) >= 0)
            {
                Add(token, []);
                continue;
            }
            for (int begun = Math.Min(bytes.Length, breaker.Length - 1); begun > 0; begun--)
            {
                if (bytes.EndsWith(breaker.AsSpan(0, begun)))
                {
                    int[] rest = rests[begun] ??= tokenizer.Encode(breaker.AsSpan(begun), addSpecial: false, parseSpecial: false);
                    Add(token, rest[..Math.Min(rest.Length, MostTokens)]);
                }
            }
        }
    }

    private void Add(int token, int[] rest)
    {
        if (!_rests.TryGetValue(token, out List<int[]>? known))
        {
            _rests[token] = known = [];
        }
        if (!known.Exists(other => other.AsSpan().SequenceEqual(rest)))
        {
            known.Add(rest);
        }
    }
}
