using System.Runtime.InteropServices;
using Realm.Formats;
using Realm.Kernels;

namespace Realm.Tests.Kernels;

/// <summary>A matrix packed as the engine packs it, a tile of activations, and products of the two.</summary>
internal sealed unsafe class PackedProduct : IDisposable
{
    private readonly byte* _data;
    private readonly byte* _tile;
    private readonly byte* _scratch;
    private readonly Weight _weight;
    private readonly byte* _place;

    /// <param name="blocks">Rows, one after another, in the file's layout.</param>
    /// <param name="x">Activations of 8 tokens, one after another.</param>
    public PackedProduct(WeightFormat format, byte[] blocks, int rows, int columns, float[] x, bool packed = true)
    {
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)blocks.Length, 64);
        blocks.CopyTo(new Span<byte>(_data, blocks.Length));
        _weight = format.CreateWeight(_data, rows, columns);
        nuint room = (nuint)Math.Max(_weight.GroupBytes, _weight.ForBatches.GroupBytes);
        _scratch = (byte*)NativeMemory.AlignedAlloc(room, 64);
        // What is in memory before must not matter.
        NativeMemory.Fill(_scratch, room, 0xa5);
        if (packed)
        {
            nuint bytes = (nuint)(_weight.GroupBytes * _weight.Groups);
            _weight.Place = _place = (byte*)NativeMemory.AlignedAlloc(bytes, 64);
            NativeMemory.Fill(_place, bytes, 0xa5);
            for (int group = 0; group < _weight.Groups; group++)
                _weight.PackGroup(group);
        }
        _tile = (byte*)NativeMemory.AlignedAlloc((nuint)Activations.TileBytes(_weight.Layout, columns), 64);
        fixed (float* from = x)
        {
            for (int slot = 0; slot < Lanes.Tokens; slot++)
                Activations.Store(_weight.Layout, from + slot * columns, columns, _tile, slot);
        }
        Blocks = columns / (_weight is UnpackedWeight ? WordGemm.BlockElements : format.BlockElements);
    }

    public int Groups => _weight.Groups;

    private int Blocks { get; }

    /// <summary>[tokens][16], as the engine multiplies.</summary>
    public float[] Multiply(int group, int tokens) => Multiply(_weight, group, tokens);

    /// <summary>The same, as it multiplies several tiles.</summary>
    public float[] MultiplyBatch(int group, int tokens) => Multiply(_weight.ForBatches, group, tokens);

    private float[] Multiply(Weight weight, int group, int tokens)
    {
        float[] output = NewOutput();
        fixed (float* o = output)
            weight.Multiply(weight.Group(group, _scratch), _tile, tokens, o);
        return output[..(16 * tokens)];
    }

    /// <summary>The same with a kernel of the test's choice.</summary>
    public float[] Multiply(Product product, int group, int tokens)
    {
        float[] output = NewOutput();
        fixed (float* o = output)
            product(_weight.Group(group, _scratch), Blocks, _tile, tokens, o);
        return output[..(16 * tokens)];
    }

    /// <summary>The activation that the kernel sees: quantised and multiplied by its scale.</summary>
    public double Activation(int slot, int k)
    {
        switch (_weight.Layout)
        {
            case ActivationLayout.Single:
                return ((float*)_tile)[8 * k + slot];
            case ActivationLayout.Int8:
                byte* a = _tile + k / 32 * Int8Activations.BlockBytes;
                return (double)((sbyte*)a)[32 * slot + k % 32] * ((float*)(a + Int8Activations.ScaleOffset))[slot];
            case ActivationLayout.Int16:
                byte* b = _tile + k / 32 * Int16Activations.BlockBytes;
                int place = k % 32 / 4 * 4 + k % 2 * 2 + k % 4 / 2;
                return (double)((short*)b)[32 * slot + place] * ((float*)(b + Int16Activations.ScaleOffset))[slot];
            default:
                byte* c = _tile + k / 256 * SuperblockActivations.BlockBytes;
                return (double)((sbyte*)c)[256 * slot + k % 256] * ((float*)(c + SuperblockActivations.ScaleOffset))[slot];
        }
    }

    // NaN, so that an output that was not written is seen.
    private static float[] NewOutput() => Enumerable.Repeat(float.NaN, Lanes.Rows * Lanes.Tokens).ToArray();

    public void Dispose()
    {
        NativeMemory.AlignedFree(_place);
        NativeMemory.AlignedFree(_data);
        NativeMemory.AlignedFree(_tile);
        NativeMemory.AlignedFree(_scratch);
    }
}
