using Realm.Formats;
using Realm.Kernels;
using Realm.Parallel;

namespace Realm.Runtime;

/// <summary>The packed copies of a model's matrices, in one piece of memory on huge pages where the system has them.</summary>
internal sealed unsafe class PackedWeights : IPass, IDisposable
{
    // Enough that telling the system about pages, which it must tell all processors, costs little.
    private const long ChunkBytes = 2 << 20;

    // Norms and biases that lie between matrices.
    private const long Gap = 64 << 10;

    private readonly ModelFile _file;
    private readonly List<Piece[]> _chunks;
    private readonly long _bytes;
    private readonly IPackingWatch? _watch;
    private byte* _memory;
    private int _next;
    private long _done;     // bytes of the file's tensors
    private volatile bool _stopped;

    /// <summary>Packs all matrices on all threads.</summary>
    /// <param name="file">Where they are.</param>
    /// <param name="weights">The matrices.</param>
    /// <param name="pool">The threads.</param>
    /// <param name="watch">Who waits for it; null: it is packed in any case.</param>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY; E_CANCELLED: nobody wants them any more.</exception>
    public PackedWeights(ModelFile file, IReadOnlyList<Weight> weights, WorkerPool pool, IPackingWatch? watch = null)
    {
        _file = file;
        _watch = watch;
        // What is unpacked when it is used stays in the file.
        List<Weight> packed = [.. weights.Where(w => w.CanBePacked)];
        _bytes = Math.Max(64, packed.Sum(PlaceBytes));
        AvailableMemory.Require(_bytes, "the packed weights", "`weights: 'mapped'` leaves them in the file, a model of fewer bits a weight takes less");
        _memory = Allocate(_bytes);
        byte* place = _memory;
        foreach (Weight weight in packed)
        {
            weight.Place = place;
            place += PlaceBytes(weight);
        }
        _chunks = Cut(file, packed);
        // What is not packed is there already.
        _done = Math.Max(0, file.TensorBytes - _chunks.Sum(SourceBytes));
        pool.Run(this);
        if (!_stopped)
            return;
        Dispose();
        throw new RealmException(ErrorCode.Cancelled, "loading was cancelled");
    }

    /// <summary>What they take.</summary>
    public long Bytes => _bytes;

    /// <summary>Groups first..last of a matrix.</summary>
    private readonly record struct Piece(Weight Weight, int First, int Last)
    {
        public (nint Start, long Length) Source => Weight.Source(First, Last);
    }

    /// <summary>Packs chunks of the file: each thread takes the next one.</summary>
    public void Run(int thread)
    {
        for (int i = Next(); i < _chunks.Count; i = Next())
        {
            if (_watch is { IsUnwanted: true })
            {
                _stopped = true;
                return;
            }
            nint start = _chunks[i][0].Source.Start;
            (nint last, long length) = _chunks[i][^1].Source;
            length += last - start;
            SystemMemory.Advise(start, length, SystemMemory.Populate);
            foreach (Piece piece in _chunks[i])
            {
                for (int group = piece.First; group < piece.Last; group++)
                    piece.Weight.PackGroup(group);
            }
            // What is packed is not looked at again: it need not count as ours any more.
            _file.Forget(start, length);
            if (_watch != null)
                _watch.Packed(Math.Min(Interlocked.Add(ref _done, SourceBytes(_chunks[i])), _file.TensorBytes), _file.TensorBytes);
        }
    }

    private static long SourceBytes(Piece[] chunk) => chunk.Sum(piece => piece.Source.Length);

    private int Next() => Interlocked.Increment(ref _next) - 1;

    /// <summary>The matrices in the order of the file, in chunks of neighbours.</summary>
    private static List<Piece[]> Cut(ModelFile file, IReadOnlyList<Weight> weights)
    {
        List<Piece[]> chunks = [];
        List<Piece> chunk = [];
        // A chunk ends with its part of the file at the latest: what lies between two parts' maps is somebody else's memory, and what is packed
        // is forgotten chunk by chunk.
        nint start = 0, end = 0, part = 0;
        foreach (Weight weight in weights.OrderBy(w => w.Source(0, 1).Start))
        {
            int step = (int)Math.Max(1, ChunkBytes / weight.GroupBytes);
            for (int first = 0; first < weight.Groups; first += step)
            {
                Piece piece = new(weight, first, Math.Min(first + step, weight.Groups));
                (nint from, long length) = piece.Source;
                if (chunk.Count > 0 && (from < end || from > end + Gap || from >= part || from + length > start + ChunkBytes))
                {
                    chunks.Add([.. chunk]);
                    chunk.Clear();
                }
                if (chunk.Count == 0)
                {
                    start = from;
                    part = file.EndOfPart(from);
                }
                end = (nint)(from + length);
                chunk.Add(piece);
            }
        }
        if (chunk.Count > 0)
            chunks.Add([.. chunk]);
        return chunks;
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

    /// <summary>Bytes that the packed copies of these matrices take.</summary>
    public static long BytesOf(IEnumerable<Weight> weights) => weights.Where(w => w.CanBePacked).Sum(PlaceBytes);

    private static long PlaceBytes(Weight weight) => SystemMemory.WholeLines(checked(weight.GroupBytes * weight.Groups));

    public void Dispose()
    {
        SystemMemory.Free(_memory, _bytes);
        _memory = null;
    }
}
