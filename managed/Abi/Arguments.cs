using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Realm.State;
using Realm.Generation;
using Realm.Runtime;
using Realm.Sampling;
using Realm.Tokenizers;

namespace Realm.Abi;

/// <summary><c>realm_model_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct NativeModelOptions
{
    /// <summary>0: as many as there are processors.</summary>
    public int Threads;

    /// <summary>0: packed; 1: left in the file's layout.</summary>
    public int Weights;

    /// <summary>0: half precision; 1: single; 2: 8 bits.</summary>
    public int CacheType;

    /// <summary>1: tokenizer and metadata only.</summary>
    public int VocabOnly;

    /// <summary>Adapters: JSON.</summary>
    public byte* Lora;

    /// <summary>Its bytes.</summary>
    public ulong LoraLength;
}

/// <summary><c>realm_generation_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct NativeGenerationOptions
{
    /// <summary>Of the random numbers.</summary>
    public ulong Seed;

    /// <summary>Tokens at most.</summary>
    public uint MaxTokens;

    /// <summary>0: off.</summary>
    public int TopK;

    /// <summary>0: greedy.</summary>
    public float Temperature;

    /// <summary>1: off.</summary>
    public float TopP;

    /// <summary>0: off.</summary>
    public float MinP;

    /// <summary>1: off.</summary>
    public float RepeatPenalty;

    /// <summary>1: go on after an end-of-generation token.</summary>
    public int IgnoreEos;

    /// <summary>Stop strings.</summary>
    public uint StopCount;

    /// <summary>Each a uint32_t length and its bytes.</summary>
    public byte* Stop;

    /// <summary>Bytes of all of it.</summary>
    public ulong StopLength;

    /// <summary>1: no guessed tokens.</summary>
    public int Speculation;

    /// <summary>Scales of adapters; 0: as they were opened.</summary>
    public uint LoraCount;

    /// <summary>One for each.</summary>
    public float* Lora;
}

/// <summary>Takes apart what C hands over, checking what C cannot express.</summary>
internal static unsafe class Arguments
{
    private const int MaxThreads = 1024;
    private const int MaxStops = 256;

    // Throws on what is not UTF-8.
    private static readonly UTF8Encoding _strict = new(false, true);

    /// <summary>Bytes behind a pointer, which may be null only where there are none.</summary>
    public static ReadOnlySpan<byte> Bytes(byte* data, ulong length, string name)
    {
        Check(data, length, int.MaxValue, name);
        return new ReadOnlySpan<byte>(data, (int)length);
    }

    /// <summary>Ids behind a pointer.</summary>
    public static ReadOnlySpan<uint> Ids(uint* data, ulong count)
    {
        Check(data, count, int.MaxValue / sizeof(uint), "ids");
        return new ReadOnlySpan<uint>(data, (int)count);
    }

    /// <summary>Parts of a conversation by their lengths: the template's own and others', by turns.</summary>
    public static TextSegment[] Segments(uint* lengths, ulong count)
    {
        Check(lengths, count, int.MaxValue / sizeof(uint), "lengths");
        var segments = new TextSegment[(int)count];
        for (int i = 0; i < segments.Length; i++)
        {
            // A length beyond int becomes a negative one, which the tokenizer refuses.
            segments[i] = new TextSegment((int)lengths[i], i % 2 == 0);
        }
        return segments;
    }

    /// <summary>Refuses a null pointer to something, and more elements than fit.</summary>
    public static void Check(void* data, ulong count, ulong limit, string name)
    {
        if (count > limit)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name}: {count} elements, at most {limit} are possible");
        }
        if (data == null && count > 0)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"{name}: a null pointer with {count} elements");
        }
    }

    /// <summary>A path: UTF-8, not empty, without NUL.</summary>
    public static string Path(byte* data, ulong length)
    {
        ReadOnlySpan<byte> bytes = Bytes(data, length, "path");
        if (bytes.IsEmpty || bytes.Contains((byte)0))
        {
            throw new RealmException(ErrorCode.InvalidArgument, bytes.IsEmpty ? "the path is empty" : "the path contains a NUL character");
        }
        try
        {
            return _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "the path is not valid UTF-8");
        }
    }

    /// <summary>A tensor's name. What is not UTF-8 will be found in no file.</summary>
    public static string Name(byte* data, ulong length) => Encoding.UTF8.GetString(Bytes(data, length, "tensor name"));

    /// <summary>How to open a model; null: the defaults.</summary>
    public static (ModelOptions Options, bool VocabOnly) Model(NativeModelOptions* options)
    {
        if (options == null)
        {
            return (new ModelOptions(), false);
        }
        NativeModelOptions given = *options;
        if (given.Threads is < 0 or > MaxThreads)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"threads must be from 0 to {MaxThreads}, not {given.Threads}");
        }
        bool packed = !Flag(given.Weights, "weights");
        CacheType cache = given.CacheType switch
        {
            0 => CacheType.F16,
            1 => CacheType.F32,
            2 => CacheType.Q8_0,
            _ => throw new RealmException(ErrorCode.InvalidArgument, $"cacheType must be 0, 1 or 2, not {given.CacheType}"),
        };
        // Whatever is only looked at is the same for all.
        return Flag(given.VocabOnly, "vocabOnly") ? (new ModelOptions(), true)
            : (new ModelOptions(given.Threads, packed, cache) { Adapters = AdapterOptions.Read(Bytes(given.Lora, given.LoraLength, "lora")) }, false);
    }

    /// <summary>What to generate.</summary>
    public static GenerationOptions Generation(NativeGenerationOptions* options)
    {
        if (options == null)
        {
            throw new RealmException(ErrorCode.InvalidArgument, "options: a null pointer");
        }
        NativeGenerationOptions given = *options;
        var sampling = new SamplingOptions(given.Temperature, given.TopK, given.TopP, given.MinP, given.RepeatPenalty, given.Seed);
        sampling.Validate();
        return new GenerationOptions(sampling, given.MaxTokens, Flag(given.IgnoreEos, "ignoreEos"), Stops(given), [], !Flag(given.Speculation, "speculation"))
        {
            AdapterScales = given.LoraCount == 0 ? null : Floats(given.Lora, given.LoraCount, "lora"),
        };
    }

    private static float[] Floats(float* values, uint count, string name)
    {
        Check(values, count, MaxStops, name);
        var floats = new float[count];
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = System.Runtime.CompilerServices.Unsafe.ReadUnaligned<float>(values + i);
        }
        return floats;
    }

    private static byte[][] Stops(in NativeGenerationOptions given)
    {
        if (given.StopCount > MaxStops)
        {
            throw new RealmException(ErrorCode.InvalidArgument, $"stop: {given.StopCount} stop strings, at most {MaxStops} are possible");
        }
        ReadOnlySpan<byte> rest = Bytes(given.Stop, given.StopLength, "stop");
        var stops = new byte[given.StopCount][];
        for (int i = 0; i < stops.Length; i++)
        {
            if (rest.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(rest) > rest.Length - sizeof(uint))
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"stop: string {i} of {stops.Length} is longer than the bytes given");
            }
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length == 0)
            {
                throw new RealmException(ErrorCode.InvalidArgument, $"stop: string {i} is empty");
            }
            stops[i] = rest.Slice(sizeof(uint), length).ToArray();
            rest = rest[(sizeof(uint) + length)..];
        }
        return stops;
    }

    private static bool Flag(int value, string name) => value switch
    {
        0 => false,
        1 => true,
        _ => throw new RealmException(ErrorCode.InvalidArgument, $"{name} must be 0 or 1, not {value}"),
    };
}
