using Realm.Gguf;
using Realm.Runtime;
using Realm.Sampling;
using Realm.Tokenizers;
using Xunit;

namespace Realm.Tests.Sampling;

public class HistoryTests
{
    [Fact]
    public void Remembers_in_order()
    {
        History history = new(2);
        history.Add([1, 2, 3]);
        history.Add(4);
        Assert.Equal([1, 2, 3, 4], history.Tokens.ToArray());
        Assert.Equal([3, 4], history.Last(2).ToArray());
        Assert.Equal([1, 2, 3, 4], history.Last(9).ToArray());
        Assert.Equal([1, 2, 3, 4], history.Last(-1).ToArray());
        Assert.Empty(history.Last(0).ToArray());
        history.Truncate(1);
        history.Add(7);
        Assert.Equal([1, 7], history.Last(-1).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => history.Truncate(3));
    }

    /// <summary>A breaker of one token, of several, and one that is part of another's tail; the longest tail that is there counts.</summary>
    [Fact]
    public void Breakers_are_found_from_the_end()
    {
        DryBreakers breakers = new([9], [5, 6], [5, 6, 7], [1, 1]);
        Assert.Equal(2, breakers.TokensSince([4, 9, 2, 3]));
        Assert.Equal(0, breakers.TokensSince([4, 2, 9]));
        Assert.Equal(1, breakers.TokensSince([5, 6, 8]));
        Assert.Equal(1, breakers.TokensSince([5, 6, 7, 8]));
        Assert.Equal(3, breakers.TokensSince([5, 7, 6]));
        Assert.Equal(1, breakers.TokensSince([2, 5]) - 1);
        Assert.Equal(0, breakers.TokensSince([1, 1, 1]));
        Assert.Equal(0, breakers.TokensSince([]));
        Assert.True(breakers.IsBreaker(9));
        Assert.False(breakers.IsBreaker(5));
    }

    /// <summary>Of a real vocabulary: all tokens that contain the sequence, and those that it may begin in.</summary>
    [Fact]
    public void Breakers_of_a_vocabulary()
    {
        using ModelFile file = ModelFile.OpenPath(Golden.TinyAtlas);
        Tokenizer tokenizer = Tokenizer.Create(file.Metadata)!;
        DryBreakers line = DryBreakers.Create(tokenizer, ["\n"]), word = DryBreakers.Create(tokenizer, ["capital of"]);
        for (int id = 0; id < tokenizer.VocabSize; id++)
            Assert.Equal(tokenizer.TokenBytes(id).Contains((byte)'\n'), line.IsBreaker(id));
        int[] text = tokenizer.Encode("The capital of France is Paris"u8, false, false);
        int[] after = tokenizer.Encode(" France is Paris"u8, false, false);
        Assert.Equal(after.Length, word.TokensSince(text));
        Assert.Equal(text.Length, DryBreakers.Create(tokenizer, ["", "capital in"]).TokensSince(text));
    }
}
