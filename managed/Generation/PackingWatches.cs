using Realm.Runtime;

namespace Realm.Generation;

/// <summary>All who wait for the same weights: they are packed as long as one of them wants them, and all are told how far it is.</summary>
internal sealed class PackingWatches : IPackingWatch
{
    private readonly Lock _gate = new();
    private readonly List<Seat> _seats = [];

    /// <inheritdoc/>
    public bool IsUnwanted
    {
        get
        {
            lock (_gate)
            {
                return _seats.TrueForAll(seat => seat.Watch is { IsUnwanted: true });
            }
        }
    }

    /// <inheritdoc/>
    public void Packed(long done, long total)
    {
        lock (_gate)
        {
            foreach (Seat seat in _seats)
            {
                seat.Watch?.Packed(done, total);
            }
        }
    }

    /// <summary>One more waits, until he leaves his seat.</summary>
    /// <param name="watch">Null: he wants the weights in any case.</param>
    public Seat Add(IPackingWatch? watch)
    {
        var seat = new Seat(this, watch);
        lock (_gate)
        {
            _seats.Add(seat);
        }
        return seat;
    }

    /// <summary>The place of one who waits.</summary>
    internal sealed class Seat(PackingWatches all, IPackingWatch? watch) : IDisposable
    {
        /// <summary>Who waits.</summary>
        public IPackingWatch? Watch => watch;

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (all._gate)
            {
                all._seats.Remove(this);
            }
        }
    }
}
