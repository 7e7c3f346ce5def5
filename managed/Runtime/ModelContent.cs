using System.IO.Hashing;
using Realm.Gguf;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>
/// What makes two files the same model: the bytes before the tensors and the tensors' own; not what lies between them or behind. A file may claim
/// to be as large as it likes (a sparse one costs nothing), so what is looked at has a limit.
/// </summary>
internal static unsafe class ModelContent
{
    /// <summary>Bytes that go into a hash. Of a larger model these are taken at even distances, and only <see cref="AreEqual"/> knows it whole.</summary>
    public const long HashedBytes = 256L << 20;

    /// <summary>Larger models are the same only if they are one open file: comparing them would take too long.</summary>
    public const long ComparedBytes = 4L << 30;

    // Looked at in one go, and of a large model's every so many bytes.
    private const int PieceBytes = 1 << 20;

    /// <summary>A 128-bit hash (XXH3): equal content, equal hash. Not proof against an attacker: <see cref="AreEqual"/> is.</summary>
    public static UInt128 Hash(IReadOnlyList<(nint Start, long Length)> parts, IReadOnlyList<GgufTensor> tensors, bool areMapped)
    {
        List<(nint Start, long Length)> ranges = Ranges(parts, tensors);
        long bytes = ranges.Sum(range => range.Length);
        long step = checked(PieceBytes * Math.Max(1, (bytes + HashedBytes - 1) / HashedBytes));
        XxHash128 hash = new();
        foreach ((nint start, long length) in ranges)
        {
            hash.Append(BitConverter.GetBytes(length));
            for (long at = 0; at < length; at += step)
            {
                int count = (int)Math.Min(PieceBytes, length - at);
                hash.Append(new ReadOnlySpan<byte>((byte*)start + at, count));
                if (areMapped)
                    SystemMemory.Advise(start + (nint)at, count, SystemMemory.Forget);
            }
        }
        return hash.GetCurrentHashAsUInt128();
    }

    /// <summary>Whether two models have the same bytes; no for those that are too large to tell.</summary>
    public static bool AreEqual(List<(nint Start, long Length)> a, List<(nint Start, long Length)> b)
    {
        if (a.Count != b.Count || a.Sum(range => range.Length) > ComparedBytes)
            return false;
        for (int i = 0; i < a.Count; i++)
        {
            if (a[i].Length != b[i].Length)
                return false;
            for (long at = 0; at < a[i].Length; at += PieceBytes)
            {
                int count = (int)Math.Min(PieceBytes, a[i].Length - at);
                if (!new ReadOnlySpan<byte>((byte*)a[i].Start + at, count).SequenceEqual(new ReadOnlySpan<byte>((byte*)b[i].Start + at, count)))
                    return false;
            }
        }
        return true;
    }

    /// <summary>Where what counts lies: of each part what is before its tensors, then these in the order of the directory.</summary>
    public static List<(nint Start, long Length)> Ranges(IReadOnlyList<(nint Start, long Length)> parts, IReadOnlyList<GgufTensor> tensors)
    {
        List<(nint, long)> ranges = [];
        foreach (IGrouping<int, GgufTensor> part in tensors.GroupBy(tensor => tensor.Part))
        {
            nint start = parts[part.Key].Start;
            ranges.Add((start, Math.Min(parts[part.Key].Length, part.Min(tensor => tensor.Offset))));
            ranges.AddRange(part.Where(tensor => tensor.Bytes > 0).Select(tensor => (start + (nint)tensor.Offset, tensor.Bytes)));
        }
        // A part without tensors, or a file of a vocabulary alone.
        ranges.AddRange(parts.Where((_, index) => !tensors.Any(tensor => tensor.Part == index)));
        return ranges;
    }
}
