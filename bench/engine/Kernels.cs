using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Realm.Formats;
using Realm.Kernels;

namespace Realm.Bench;

/// <summary>What the kernel of a format reaches on one thread where memory is no matter, its weights in the second-level cache:
/// `tokens|GB/s of the file's weights|GMAC/s` for 1, 4 and 8 tokens.</summary>
internal static unsafe class Kernels
{
    private const int Columns = 2048;
    private const int Bytes = 256 << 10;
    private const int Trials = 20;
    private static readonly TimeSpan _each = TimeSpan.FromMilliseconds(10);

    public static void Measure(string name)
    {
        WeightFormat format = Formats.Formats.All.Single(f => f.Name == name);
        int rowBytes = Columns / format.BlockElements * format.BlockBytes;
        int rows = Bytes / rowBytes / Lanes.Rows * Lanes.Rows;
        byte* data = Allocate((long)rows * rowBytes);
        Random random = new(7);
        // Whatever kind of number a byte belongs to, it is neither infinite nor too small to be normal.
        for (long i = 0; i < (long)rows * rowBytes; i++)
            data[i] = (byte)random.Next(0x30, 0x3c);
        Weight weight = format.CreateWeight(data, rows, Columns);
        byte* place = Allocate(weight.GroupBytes * weight.Groups);
        weight.Place = place;
        for (int group = 0; group < weight.Groups; group++)
            weight.PackGroup(group);
        byte* scratch = Allocate(weight.GroupBytes);
        byte* tile = Allocate(Activations.TileBytes(weight.Layout, Columns));
        float[] x = new float[Columns];
        for (int slot = 0; slot < Lanes.Tokens; slot++)
        {
            for (int i = 0; i < Columns; i++)
                x[i] = random.NextSingle() - 0.5f;
            fixed (float* from = x)
                Activations.Store(weight.Layout, from, Columns, tile, slot);
        }
        foreach (int tokens in (int[])[1, 4, 8])
        {
            // What is unpacked when it is used is not, for a single token.
            weight.Place = tokens > 1 || weight.CanBePacked ? place : null;
            double products = 1e-9 * tokens * rows * Columns, seconds = Seconds(weight, scratch, tile, tokens);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tokens}|{1e-9 * rows * rowBytes / seconds:F1}|{products / seconds:F1}"));
        }
        NativeMemory.AlignedFree(tile);
        NativeMemory.AlignedFree(scratch);
        NativeMemory.AlignedFree(place);
        NativeMemory.AlignedFree(data);
    }

    // Of all rows once, the best of some trials: whatever else the machine does only makes it slower.
    private static double Seconds(Weight weight, byte* scratch, byte* tile, int tokens)
    {
        float* output = stackalloc float[Lanes.Rows * Lanes.Tokens];
        double best = double.PositiveInfinity;
        for (int trial = 0; trial < Trials; trial++)
        {
            long began = Stopwatch.GetTimestamp();
            int rounds = 0;
            do
            {
                for (int group = 0; group < weight.Groups; group++)
                    weight.Multiply(weight.Group(group, scratch), tile, tokens, output);
                rounds++;
            }
            while (Stopwatch.GetElapsedTime(began) < _each);
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds / rounds);
        }
        return best;
    }

    private static byte* Allocate(long bytes) => (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
}
