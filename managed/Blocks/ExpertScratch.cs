using Realm.Kernels;

namespace Realm.Blocks;

/// <summary>The buffers of a mixture of experts, and which rows go to which expert.</summary>
internal sealed unsafe class ExpertScratch : IDisposable
{
    private readonly List<(nint Start, long Bytes)> _memory = [];
    private readonly int[] _starts;
    private readonly int[] _next;
    private readonly int[] _members;
    private readonly int[] _chosen;

    public ExpertScratch(int rows, int hidden, int experts, int used)
    {
        Normed = Allocate((long)rows * hidden);
        Scores = Allocate((long)rows * experts);
        Weights = Allocate((long)rows * used);
        Outputs = Allocate((long)rows * used * hidden);
        _starts = new int[experts + 1];
        _next = new int[experts];
        _members = new int[rows * used];
        _chosen = new int[rows * used];
    }

    /// <summary>(rows, hidden)</summary>
    public float* Normed { get; private set; }

    /// <summary>The router's outputs, then probabilities, (rows, experts).</summary>
    public float* Scores { get; private set; }

    /// <summary>Probabilities of the chosen experts, best first, (rows, used).</summary>
    public float* Weights { get; private set; }

    /// <summary>Results of the chosen experts, (rows · used, hidden).</summary>
    public float* Outputs { get; private set; }

    /// <summary>Entries row · used + rank that `expert` serves.</summary>
    public ReadOnlyMemory<int> Members(int expert) => _members.AsMemory(_starts[expert].._starts[expert + 1]);

    /// <summary>Softmax of each row's scores, its best experts (the lower number wins a tie), and the lists of members.</summary>
    public void Route(int rows, int experts, int used)
    {
        Array.Clear(_starts);
        for (int row = 0; row < rows; row++)
        {
            float* scores = Scores + (long)row * experts;
            Softmax(scores, experts);
            for (int rank = 0; rank < used; rank++)
            {
                int best = -1;
                for (int e = 0; e < experts; e++)
                {
                    if (!IsChosen(row * used, rank, e) && (best < 0 || scores[e] > scores[best]))
                        best = e;
                }
                _chosen[row * used + rank] = best;
                Weights[row * used + rank] = scores[best];
                _starts[best + 1]++;
            }
        }
        for (int e = 0; e < experts; e++)
            _starts[e + 1] += _starts[e];
        _starts.AsSpan(0, experts).CopyTo(_next);
        for (int entry = 0; entry < rows * used; entry++)
            _members[_next[_chosen[entry]]++] = entry;
    }

    private bool IsChosen(int first, int count, int expert) => _chosen.AsSpan(first, count).Contains(expert);

    private static void Softmax(float* scores, int n)
    {
        float max = scores[0], sum = 0;
        for (int i = 1; i < n; i++)
            max = MathF.Max(max, scores[i]);
        for (int i = 0; i < n; i++)
            sum += scores[i] = Exp.Compute(scores[i] - max);
        for (int i = 0; i < n; i++)
            scores[i] /= sum;
    }

    private float* Allocate(long count)
    {
        byte* memory = SystemMemory.Allocate(count * sizeof(float));
        _memory.Add(((nint)memory, count * sizeof(float)));
        return (float*)memory;
    }

    public void Dispose()
    {
        foreach ((nint start, long bytes) in _memory)
            SystemMemory.Free((byte*)start, bytes);
        _memory.Clear();
        Normed = Scores = Weights = Outputs = null;
    }
}
