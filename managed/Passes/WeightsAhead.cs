using Realm.Kernels;
using Realm.Parallel;

namespace Realm.Passes;

/// <summary>
/// A thread's look ahead: while it has nothing to do it asks for the first weights of its part of the coming product, up to half of a
/// second-level cache. Memory, which is what a token takes its time for, works on while the leader norms, rounds and turns.
/// </summary>
internal sealed unsafe class WeightsAhead(int thread, int threads)
{
    // Half of a second-level cache of 1 MB.
    private const long MostBytes = 512 << 10;

    private Matrices? _matrices;
    private Portions _portions;
    private int _portion;
    private int _group;
    private bool _up;
    private long _offset;
    private long _asked;

    /// <summary>Asks for a little more of the weights of `matrices`.</summary>
    public void Ask(Matrices matrices)
    {
        if (_matrices != matrices)
            Begin(matrices);
        if (_asked >= MostBytes)
            return;
        int group = _group;
        Linear linear = matrices.Locate(ref group, out _);
        if (_up)
            linear = matrices.Up!;
        Prefetch.Kilobyte(linear.Weight.Group(group, null) + _offset);
        _offset += Prefetch.KilobyteBytes;
        _asked += Prefetch.KilobyteBytes;
        if (_offset >= linear.Weight.GroupBytes)
            Advance(matrices);
    }

    private void Begin(Matrices matrices)
    {
        _matrices = matrices;
        _portions = new Portions(matrices.Groups, threads);
        _portion = 0;
        _group = _portions.Range(thread, 0).First;
        _up = false;
        _offset = 0;
        // Of weights that aren't packed it isn't known where they will be.
        _asked = matrices.ArePacked && _portions.Count(thread) > 0 ? 0 : MostBytes;
    }

    // To the next group, in the order in which the thread will want them.
    private void Advance(Matrices matrices)
    {
        (int first, int last) = _portions.Range(thread, _portion);
        _offset = 0;
        if (++_group < last)
            return;
        _up = !_up && matrices.Up != null;
        if (_up)
            _group = first;
        else if (++_portion == _portions.Count(thread))
            _asked = MostBytes;
    }
}
