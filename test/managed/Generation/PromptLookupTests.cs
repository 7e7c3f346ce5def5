using Realm.Generation;
using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Guesses, and what they are worth, without a model.</summary>
public sealed class PromptLookupTests
{
    private static PromptLookup Of(params int[] tokens)
    {
        var lookup = new PromptLookup(1000);
        foreach (int token in tokens)
        {
            lookup.Start(token);
        }
        return lookup;
    }

    private static int[] Guess(PromptLookup lookup, int count)
    {
        var tokens = new int[count];
        lookup.Guess(tokens);
        return tokens;
    }

    [Fact]
    public void FollowsTheLastPlaceThatEndedTheSame()
    {
        Assert.False(Of(1, 2, 3, 4, 5).HasGuess);
        Assert.Equal([3, 4, 9], Guess(Of(1, 2, 3, 4, 9, 1, 2), 3));
        // Three tokens that agree go before two that came later.
        Assert.Equal([4], Guess(Of(7, 1, 2, 4, 8, 1, 2, 5, 7, 1, 2), 1));
        Assert.Equal([5], Guess(Of(7, 1, 2, 4, 8, 1, 2, 5, 6, 1, 2), 1));
    }

    [Fact]
    public void WhatRepeatsGoesOnRepeating()
    {
        Assert.Equal([3, 1, 2, 3, 1, 2, 3], Guess(Of(1, 2, 3, 1, 2), 7));
        Assert.Equal([5, 5, 5, 5], Guess(Of(5, 5, 5, 5), 4));
    }

    [Fact]
    public void FollowsOnAndTurnsBack()
    {
        PromptLookup lookup = Of(1, 2, 3, 4, 5, 6, 1, 2);
        lookup.Add(3);
        Assert.Equal([4, 5], Guess(lookup, 2));
        lookup.Add(8);
        Assert.False(lookup.HasGuess);
        lookup.Add(5);
        lookup.Add(6);
        Assert.Equal([1, 2], Guess(lookup, 2));
    }

    [Fact]
    public void LearnsHowGoodItsGuessesAre()
    {
        PromptLookup bad = Of(1, 2);
        for (int i = 0; i < 100; i++)
        {
            bad.Add(1000 + i);
            bad.Add(1);
            bad.Add(2);
        }
        Assert.InRange(bad.Confidence(0), 0, 0.05);
        PromptLookup good = Of(1, 2, 3);
        for (int i = 0; i < 300; i++)
        {
            good.Add(1 + (i % 3));
        }
        Assert.InRange(good.Confidence(0), 0.99, 1);
        // A prompt teaches it nothing.
        Assert.Equal(new PromptLookup(64).Confidence(40), Of([.. Enumerable.Repeat(1, 200)]).Confidence(40));
    }

    /// <summary>Beyond its window it forgets, and never guesses from what it has overwritten.</summary>
    [Fact]
    public void ForgetsWhatIsLongAgo()
    {
        var random = new Random(5);
        var all = new List<int>();
        var lookup = new PromptLookup(64);
        int guesses = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int token = random.Next(6);
            lookup.Add(token);
            all.Add(token);
            if (!lookup.HasGuess)
            {
                continue;
            }
            guesses++;
            int guess = Guess(lookup, 1)[0];
            int from = Math.Max(0, all.Count - 64);
            Assert.Contains(Enumerable.Range(from, all.Count - 2 - from), at => all[at] == all[^2] && all[at + 1] == all[^1] && (at + 2 == all.Count || all[at + 2] == guess));
        }
        Assert.True(guesses > 1000);
    }

    private static PassCosts Measured(double four, double eight, double sixteen)
    {
        var costs = new PassCosts();
        for (int i = 0; i < 100; i++)
        {
            costs.Note(1, 1_000_000);
            costs.Note(3, (long)(four * 1e6));
            costs.Note(8, (long)(eight * 1e6));
            costs.Note(9, (long)(sixteen * 1e6));
        }
        return costs;
    }

    private static PromptLookup Sure()
    {
        PromptLookup lookup = Of(1, 2, 3);
        for (int i = 0; i < 300; i++)
        {
            lookup.Add(1 + (i % 3));
        }
        return lookup;
    }

    [Fact]
    public void DraftsWhatPays()
    {
        Assert.Equal(15, Measured(1, 1, 1).WorthDrafting(Sure(), 1, 100));
        Assert.Equal(5, Measured(1, 1, 1).WorthDrafting(Sure(), 1, 5));
        Assert.Equal(0, Measured(1, 1, 1).WorthDrafting(Sure(), 1, 0));
        Assert.Equal(3, Measured(1.1, 7, 15).WorthDrafting(Sure(), 1, 100));
        Assert.Equal(7, Measured(1.5, 2, 15).WorthDrafting(Sure(), 1, 100));
        Assert.Equal(0, Measured(4, 8, 16).WorthDrafting(Sure(), 1, 100));
    }

    [Fact]
    public void DraftsLessBesideOthers()
    {
        PassCosts costs = Measured(1.5, 2.5, 6);
        Assert.Equal(7, costs.WorthDrafting(Sure(), 1, 100));
        Assert.Equal(4, costs.WorthDrafting(Sure(), 4, 100));
        Assert.Equal(0, costs.WorthDrafting(Sure(), 8, 100));
        Assert.Equal(0, costs.WorthDrafting(Sure(), 128, 100));
    }

    [Fact]
    public void TriesAgainWhatWasDearOnce()
    {
        PassCosts costs = Measured(4, 8, 16);
        Assert.Equal(0, costs.WorthDrafting(Sure(), 1, 100));
        for (int i = 0; i < 2000; i++)
        {
            costs.Note(1, 1_000_000);
        }
        Assert.NotEqual(0, costs.WorthDrafting(Sure(), 1, 100));
    }
}
