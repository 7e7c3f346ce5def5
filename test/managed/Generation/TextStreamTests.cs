using System.Text;
using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

public class TextStreamTests
{
    /// <summary>Feeds pieces; every piece given out must be whole characters by itself.</summary>
    private static (string Text, bool Stopped) Feed(IEnumerable<byte[]> pieces, params string[] stops)
    {
        var strict = new UTF8Encoding(false, true);
        var stream = new TextStream([.. stops.Select(Encoding.UTF8.GetBytes)]);
        var text = new StringBuilder();
        foreach (byte[] piece in pieces)
        {
            stream.Append(piece);
            text.Append(strict.GetString(stream.Ready));
            stream.TakeReady();
        }
        stream.Finish();
        text.Append(strict.GetString(stream.Ready));
        return (text.ToString(), stream.StoppedBy != null);
    }

    private static IEnumerable<byte[][]> CutsInThree(byte[] bytes)
    {
        for (int i = 0; i <= bytes.Length; i++)
        {
            for (int j = i; j <= bytes.Length; j++)
            {
                yield return [bytes[..i], bytes[i..j], bytes[j..]];
            }
        }
    }

    [Theory]
    [InlineData("Paris.")]
    [InlineData("é – 東京 😀 e\u0301 \u0000 \uFFFD \U0010FFFF")]
    [InlineData("")]
    public void EveryCutGivesTheSameText(string text)
    {
        foreach (byte[][] pieces in CutsInThree(Encoding.UTF8.GetBytes(text)))
        {
            Assert.Equal((text, false), Feed(pieces));
        }
    }

    /// <summary>Bytes that are no UTF-8 become what .NET's decoder makes of the whole, wherever they are cut.</summary>
    [Theory]
    [InlineData("FF")]
    [InlineData("61C3")]
    [InlineData("61E282")]
    [InlineData("F09F98")]
    [InlineData("E28261")]
    [InlineData("80808061")]
    [InlineData("C0AF61")]
    [InlineData("EDA080")]
    [InlineData("F4908080C3A9")]
    [InlineData("F09F98F09F9880E2")]
    public void InvalidBytesAreReplaced(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        string expected = Encoding.UTF8.GetString(bytes);
        Assert.Contains('\uFFFD', expected);
        foreach (byte[][] pieces in CutsInThree(bytes))
        {
            Assert.Equal((expected, false), Feed(pieces));
        }
    }

    [Fact]
    public void NothingIsReplacedWhileItMayBecomeACharacter()
    {
        var stream = new TextStream([]);
        foreach (byte b in (byte[])[0xF0, 0x9F, 0x98])
        {
            stream.Append([b]);
            Assert.Equal(0, stream.Ready.Length);
        }
        stream.Append([0x80]);
        Assert.Equal("😀", Encoding.UTF8.GetString(stream.Ready));
    }

    [Theory]
    [InlineData("one two three", "one ", "two")]
    [InlineData("one two three", "", "one")]
    [InlineData("aaab", "a", "aab")]
    [InlineData("ababac!", "ab", "abac")]
    [InlineData("xé東y", "x", "é東")]
    [InlineData("x😀y", "x", "😀")]
    [InlineData("abcd", "ab", "c", "bcd")]      // c is complete first
    [InlineData("abcd", "a", "bc", "c")]        // both end there: the longer one
    [InlineData("line\n\nnext", "line", "\n\n", "User:")]
    public void TextEndsBeforeTheStop(string text, string expected, params string[] stops)
    {
        foreach (byte[][] pieces in CutsInThree(Encoding.UTF8.GetBytes(text)))
        {
            Assert.Equal((expected, true), Feed(pieces, stops));
        }
    }

    [Theory]
    [InlineData("one tw", "two")]
    [InlineData("aaaa", "aab")]
    [InlineData("x\n", "\n\n", "User:")]
    [InlineData("Us er: User", "User:")]
    public void WhatOnlyBeginsLikeAStopIsText(string text, params string[] stops)
    {
        foreach (byte[][] pieces in CutsInThree(Encoding.UTF8.GetBytes(text)))
        {
            Assert.Equal((text, false), Feed(pieces, stops));
        }
    }

    [Fact]
    public void WhatMayBecomeAStopIsHeldBackAndNoMore()
    {
        var stream = new TextStream(["<end>"u8.ToArray()]);
        stream.Append("ab<e"u8);
        Assert.Equal("ab", Encoding.UTF8.GetString(stream.Ready));
        stream.TakeReady();
        stream.Append("nd"u8);
        Assert.Equal(0, stream.Ready.Length);
        stream.Append("ing"u8);
        Assert.Equal("<ending", Encoding.UTF8.GetString(stream.Ready));
    }

    /// <summary>Special tokens are not in the text, but stop strings may name them as a whole, alone or with what stands around: a part of a name is none of the text.</summary>
    [Theory]
    [InlineData("one <end> two", "one ", "<end>")]
    [InlineData("one <end> two", "one  two", "<other>")]
    [InlineData("one <end> two", "on", "e <end> t")]
    [InlineData("one <end> two", "one ", "<end> ")]
    [InlineData("one <end> two", "one  t", "wo")]
    [InlineData("one <end><end> two", "one ", "<end><end>")]
    [InlineData("one <end> two", "one  two", "end", false)]
    [InlineData("a <end> two", "a  two", "n", false)]
    [InlineData("one <end> two", "one  two", " <", false)]
    [InlineData("one <end> two", "one  two", "> t", false)]
    [InlineData("tw <end> e", "tw  ", "e", true)]
    [InlineData("one <end><end> n", "one  n", "><", false)]
    public void StopsSeeSpecialTokens(string text, string expected, string stop, bool? named = null)
    {
        bool stops = named ?? text.Contains(stop);
        string[] words = text.Split("<end>");
        foreach (byte[][] pieces in CutsInThree(Encoding.UTF8.GetBytes(words[^1])))
        {
            var stream = new TextStream([Encoding.UTF8.GetBytes(stop)]);
            var given = new StringBuilder();
            void Take()
            {
                given.Append(Encoding.UTF8.GetString(stream.Ready));
                stream.TakeReady();
            }
            foreach (string word in words[..^1])
            {
                stream.Append(Encoding.UTF8.GetBytes(word));
                Take();
                stream.AppendHidden("<end>"u8);
                Take();
            }
            foreach (byte[] piece in pieces)
            {
                stream.Append(piece);
                Take();
            }
            stream.Finish();
            Take();
            Assert.Equal((expected, stops ? stop : null), (given.ToString(), stream.StoppedBy == null ? null : Encoding.UTF8.GetString(stream.StoppedBy)));
        }
    }

    [Fact]
    public void AReplacedByteCanCompleteAStop()
    {
        Assert.Equal(("a", true), Feed([[0x61, 0xC3]], "\uFFFD"));
    }

    [Fact]
    public void NothingComesAfterAStop()
    {
        Assert.Equal(("a", true), Feed(["a."u8.ToArray(), "more"u8.ToArray()], "."));
    }
}
