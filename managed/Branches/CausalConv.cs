using Realm.Kernels;
using Realm.Parallel;
using Realm.Passes;
using Realm.State;

namespace Realm.Branches;

/// <summary>
/// A short causal convolution of each channel for itself, with the last inputs of a sequence in a fixed slot: (slot) (taps - 1) · dilation rows of
/// channels, the oldest first.
/// </summary>
internal sealed unsafe class CausalConv : SharedLoop
{
    // Channels of an item.
    private const int Width = 64;

    private readonly float* _weights;
    private readonly float* _bias;
    private readonly int _channels;
    private readonly int _taps;
    private readonly int _dilation;
    private readonly FixedSlot _tail;
    private readonly Activation? _activation;
    private RowSet _rows = null!;
    private Scratch _scratch = null!;
    private RowView _input;
    private RowView _output;

    /// <param name="weights">(channels, taps), the oldest tap first.</param>
    /// <param name="room">Room for as many numbers: they are kept by taps.</param>
    /// <param name="bias">Null: none.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="taps">Taps.</param>
    /// <param name="tail">The slot of the last inputs.</param>
    /// <param name="activation">What results go through; null: nothing.</param>
    /// <param name="dilation">Positions from one tap to the next.</param>
    public CausalConv(float* weights, float* room, float* bias, int channels, int taps, FixedSlot tail, Activation? activation, int dilation = 1)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            for (int tap = 0; tap < taps; tap++)
                room[(long)tap * channels + channel] = weights[(long)channel * taps + tap];
        }
        _weights = room;
        _bias = bias;
        _channels = channels;
        _taps = taps;
        _dilation = dilation;
        _tail = tail;
        _activation = activation;
    }

    /// <summary>Numbers of the slot of the last inputs.</summary>
    public static long TailFloats(int channels, int taps, int dilation = 1) => checked((long)channels * (taps - 1) * dilation);

    // It writes results and state where they belong.
    public override bool IsRepeatable => false;

    /// <summary>output (rows, channels) of input (rows, channels), which may not be the same. Waits.</summary>
    public void Forward(in Step step, RowView input, RowView output)
    {
        _rows = step.Rows;
        _scratch = step.Scratch;
        _input = input;
        _output = output;
        step.Share(this, step.Rows.SegmentCount * Blocks);
        step.Barrier();
    }

    // Rows of the slot.
    private int Past => checked((_taps - 1) * _dilation);

    private int Blocks => (_channels + Width - 1) / Width;

    public override void Run(int thread, int first, int last)
    {
        float** taps = stackalloc float*[_taps];
        float* zeros = stackalloc float[Width];
        new Span<float>(zeros, Width).Clear();
        for (int item = first; item < last && !_scratch.IsGivenUp(thread); item++)
            Run(_rows.Segments[item / Blocks], item % Blocks * Width, taps, zeros);
    }

    private void Run(in Segment segment, int channel, float** taps, float* zeros)
    {
        int count = Math.Min(Width, _channels - channel);
        float* tail = segment.State.IsEmpty(_tail) ? null : segment.State.Current(_tail);
        for (int i = 0; i < segment.Count; i++)
        {
            for (int tap = 0; tap < _taps; tap++)
                taps[tap] = Input(segment, i - (_taps - 1 - tap) * _dilation, channel, tail, zeros);
            float* output = _output[segment.First + i] + channel;
            DepthwiseConv.Compute(taps, _taps, _weights + channel, _channels, _bias == null ? null : _bias + channel, count, output);
            Activate(output, count);
        }
        float* next = segment.State.Next(_tail);
        for (int i = 0; i < Past; i++)
        {
            float* input = Input(segment, segment.Count - Past + i, channel, tail, zeros);
            new ReadOnlySpan<float>(input, count).CopyTo(new Span<float>(next + (long)i * _channels + channel, count));
        }
    }

    // The channels of token i of the segment; before it those that the slot holds, or zeros.
    private float* Input(in Segment segment, int i, int channel, float* tail, float* zeros)
    {
        if (i >= 0)
            return _input[segment.First + i] + channel;
        return tail == null ? zeros : tail + (long)(Past + i) * _channels + channel;
    }

    private void Activate(float* x, int count)
    {
        if (_activation == null)
            return;
        if (count % 8 == 0)
        {
            _activation.Apply(x, count);
            return;
        }
        float* padded = stackalloc float[Width];
        new Span<float>(padded, Width).Clear();
        new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(padded, count));
        _activation.Apply(padded, Width);
        new ReadOnlySpan<float>(padded, count).CopyTo(new Span<float>(x, count));
    }
}
