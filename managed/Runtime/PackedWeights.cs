using Realm.Formats;

namespace Realm.Runtime;

/// <summary>The packed copies of a model's matrices, in one piece of memory on huge pages where the system has them.</summary>
internal sealed unsafe class PackedWeights : IPass, IDisposable
{
    private const int GroupsAtATime = 64;

    private readonly IReadOnlyList<Weight> _weights;
    private readonly ModelFile _file;
    private readonly long _bytes;
    private byte* _memory;
    private int _next;

    /// <summary>Packs all matrices on all threads.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public PackedWeights(ModelFile file, IReadOnlyList<Weight> weights, WorkerPool pool)
    {
        _file = file;
        // What is decoded when it is used stays in the file.
        _weights = [.. weights.Where(w => w is not DecodedWeight)];
        _bytes = Math.Max(64, _weights.Sum(PlaceBytes));
        _memory = Allocate(_bytes);
        byte* place = _memory;
        foreach (Weight weight in _weights)
        {
            weight.Place = place;
            place += PlaceBytes(weight);
        }
        pool.Run(this);
    }

    /// <summary>Packs chunks, which are numbered through all matrices: each thread takes the next one.</summary>
    public void Run(int thread)
    {
        int weight = 0, before = 0;
        while (true)
        {
            int chunk = Interlocked.Increment(ref _next) - 1;
            while (weight < _weights.Count && chunk - before >= Chunks(_weights[weight]))
                before += Chunks(_weights[weight++]);
            if (weight == _weights.Count)
                return;
            int first = (chunk - before) * GroupsAtATime;
            int last = Math.Min(first + GroupsAtATime, _weights[weight].Groups);
            for (int group = first; group < last; group++)
                _weights[weight].PackGroup(group);
            // What is packed is not read again (but for single rows of the embedding): it need not count as ours any more.
            (nint start, long length) = _weights[weight].Source(first, last);
            _file.Forget(start, length);
        }
    }

    private static byte* Allocate(long bytes)
    {
        try
        {
            byte* memory = SystemMemory.Allocate(bytes);
            SystemMemory.Advise((nint)memory, bytes, SystemMemory.HugePages);
            return memory;
        }
        catch (OutOfMemoryException)
        {
            throw new RealmException(ErrorCode.OutOfMemory, $"no memory for {bytes} bytes of packed weights; weights: 'mapped' needs none");
        }
    }

    private static long PlaceBytes(Weight weight) => (weight.GroupBytes * weight.Groups + 63) / 64 * 64;

    private static int Chunks(Weight weight) => (weight.Groups + GroupsAtATime - 1) / GroupsAtATime;

    public void Dispose()
    {
        SystemMemory.Free(_memory, _bytes);
        _memory = null;
    }
}
