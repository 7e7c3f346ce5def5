namespace Realm.Generation;

/// <summary>
/// Who begins next: of the highest priority the one who came first. Whoever waits rises a class with each <see cref="Ageing"/> others
/// that were let in before him, so that nobody waits for ever. Counted in admissions, not in time: the same calls give the same order.
/// </summary>
/// <param name="mostActive">How many may be at work at one time.</param>
/// <param name="mostWaiting">How many may wait.</param>
internal sealed class Admission<T>(int mostActive, int mostWaiting)
{
    /// <summary>Admissions that raise a waiting one by a class.</summary>
    public const int Ageing = 16;

    private readonly Queue<(T Item, long Arrival, long Admitted)>[] _classes = [new(), new(), new()];
    private long _arrivals;
    private long _admitted;

    /// <summary>How many wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>Whether one would be let in.</summary>
    /// <param name="active">How many are at work.</param>
    public bool IsOpen(int active) => Waiting > 0 && active < mostActive;

    /// <summary>Takes one in that wants to begin.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.Busy"/>: too many wait.</exception>
    public void Add(T item, Priority priority)
    {
        if (Waiting >= mostWaiting)
        {
            throw new RealmException(ErrorCode.Busy,
                $"{mostActive} calls are at work on the model and {Waiting} wait: no more than that may wait");
        }
        _classes[(int)priority].Enqueue((item, _arrivals++, _admitted));
        Waiting++;
    }

    /// <summary>Lets the next one in.</summary>
    /// <param name="active">How many are at work.</param>
    /// <param name="item">Who begins.</param>
    /// <returns>False: nobody waits, or there is no room.</returns>
    public bool TryAdmit(int active, out T item)
    {
        item = default!;
        if (!IsOpen(active))
        {
            return false;
        }
        int best = -1;
        (long Rank, long Arrival) bestPlace = default;
        for (int priority = 0; priority < _classes.Length; priority++)
        {
            // Within a class the first one is also the one who has waited longest.
            if (_classes[priority].TryPeek(out (T Item, long Arrival, long Admitted) first))
            {
                (long Rank, long Arrival) place = (priority + ((_admitted - first.Admitted) / Ageing), first.Arrival);
                if (best < 0 || place.Rank > bestPlace.Rank || (place.Rank == bestPlace.Rank && place.Arrival < bestPlace.Arrival))
                {
                    (best, bestPlace) = (priority, place);
                }
            }
        }
        item = _classes[best].Dequeue().Item;
        Waiting--;
        _admitted++;
        return true;
    }

    /// <summary>Takes those who wait of whom something holds.</summary>
    /// <param name="which">What must hold. Asked again for each if it holds for one.</param>
    /// <param name="items">Gets them, in no order.</param>
    public void Take(Predicate<T> which, List<T> items)
    {
        foreach (Queue<(T Item, long Arrival, long Admitted)> queue in _classes)
        {
            if (!Any(queue, which))
            {
                continue;
            }
            for (int count = queue.Count; count > 0; count--)
            {
                (T Item, long Arrival, long Admitted) waiting = queue.Dequeue();
                if (which(waiting.Item))
                {
                    items.Add(waiting.Item);
                    Waiting--;
                }
                else
                {
                    queue.Enqueue(waiting);
                }
            }
        }
    }

    private static bool Any(Queue<(T Item, long Arrival, long Admitted)> queue, Predicate<T> which)
    {
        foreach ((T Item, long Arrival, long Admitted) waiting in queue)
        {
            if (which(waiting.Item))
            {
                return true;
            }
        }
        return false;
    }
}
