namespace Realm.Gguf;

/// <summary>
/// Reads the tensor infos and settles, once and in one arithmetic (<see cref="UInt128"/>, which holds the product of any
/// two 64-bit numbers), how large each tensor is and where it lies. Nothing computes these sizes again.
/// </summary>
internal static class TensorDirectory
{
    /// <summary>A tensor info as it is in the file, its offset still relative to the data.</summary>
    private readonly record struct Info(string Name, uint Type, long[] Shape, ulong Offset, UInt128 Bytes);

    /// <summary>Reads <paramref name="count"/> infos at the input's position and places them in the file.</summary>
    /// <returns>The tensors in the file's order and where the tensor data begins.</returns>
    public static (GgufTensor[] Tensors, long DataOffset) Read(
        GgufInput input, int count, int alignment, Func<uint, BlockSize?> blockSizes)
    {
        var infos = new List<Info>();
        var names = new HashSet<string>(count); // smaller than the infos, for which the file was checked to have room
        for (int i = 0; i < count; i++)
        {
            input.At("tensor", i, count);
            Info info = ReadInfo(input, blockSizes);
            if (!names.Add(info.Name)) throw input.Error(ErrorCode.Duplicate, "is there twice");
            infos.Add(info);
        }

        long dataOffset = (input.Position + alignment - 1) & -(long)alignment;
        var tensors = new GgufTensor[infos.Count];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = Place(input, infos[i], dataOffset, alignment);
        CheckOverlap(input, tensors);
        return (tensors, dataOffset);
    }

    private static Info ReadInfo(GgufInput input, Func<uint, BlockSize?> blockSizes)
    {
        string name = input.Name("the name", GgufLimits.TensorNameBytes);
        input.At("tensor", name);
        long[] shape = ReadShape(input);
        UInt128 elements = Elements(input, shape);
        uint type = input.UInt32("the type");
        ulong offset = input.UInt64("the offset");
        if (blockSizes(type) is not { Elements: > 0, Bytes: > 0 } block)
            throw input.Error(ErrorCode.Unsupported, $"has the unknown type {type}");
        if (shape[0] % block.Elements != 0)
            throw input.Error(ErrorCode.Shape, $"has rows of {shape[0]} values; its type {type} stores blocks of {block.Elements}");
        return new Info(name, type, shape, offset, elements / block.Elements * block.Bytes);
    }

    private static long[] ReadShape(GgufInput input)
    {
        uint dimensions = input.UInt32("the number of dimensions");
        if (dimensions is 0 or > GgufLimits.Dimensions)
            throw input.Error(ErrorCode.Shape, $"has {dimensions} dimensions; expected 1 to {GgufLimits.Dimensions}");
        var shape = new long[dimensions];
        for (int i = 0; i < shape.Length; i++)
        {
            ulong extent = input.Count("an extent");
            if (extent > long.MaxValue)
                throw input.Error(ErrorCode.Shape, $"dimension {i} is {extent}; at most {long.MaxValue} is possible");
            shape[i] = (long)extent;
        }
        return shape;
    }

    /// <summary>
    /// The product of the extents. It is compared after every factor, so that it cannot leave 128 bits, and zeros are left
    /// out until the end, so that the product of any of the extents fits as well.
    /// </summary>
    private static UInt128 Elements(GgufInput input, long[] shape)
    {
        UInt128 elements = 1;
        foreach (long extent in shape)
        {
            elements *= (UInt128)Math.Max(extent, 1);
            if (elements > (UInt128)long.MaxValue)
                throw input.Error(ErrorCode.Shape, $"has the shape [{string.Join(", ", shape)}], more values than can be counted");
        }
        return shape.Contains(0) ? 0 : elements;
    }

    private static GgufTensor Place(GgufInput input, in Info info, long dataOffset, int alignment)
    {
        input.At("tensor", info.Name);
        if (info.Offset % (ulong)alignment != 0)
            throw input.Error(ErrorCode.Offset, $"its offset {info.Offset} is not a multiple of the alignment {alignment}");
        // Not `offset + bytes <= length`: that sum is what wraps.
        ulong available = (ulong)Math.Max(0, input.Length - dataOffset);
        if (info.Offset > available || info.Bytes > available - info.Offset)
            throw input.Error(ErrorCode.Bounds,
                $"its {info.Bytes} bytes at offset {info.Offset} do not lie in the file, which has {available} bytes of tensor data");
        return new GgufTensor(info.Name, info.Type, info.Shape, dataOffset + (long)info.Offset, (long)info.Bytes, 0);
    }

    /// <summary>Gaps and any order are fine; shared bytes are not: one of the two tensors would be silently wrong.</summary>
    private static void CheckOverlap(GgufInput input, GgufTensor[] tensors)
    {
        GgufTensor[] sorted = Array.FindAll(tensors, static t => t.Bytes > 0);
        Array.Sort(sorted, static (a, b) => a.Offset.CompareTo(b.Offset));
        for (int i = 1; i < sorted.Length; i++)
        {
            GgufTensor before = sorted[i - 1], after = sorted[i];
            if (after.Offset - before.Offset >= before.Bytes) continue;
            input.At("tensor", after.Name);
            throw input.Error(ErrorCode.Overlap, $"shares bytes with tensor {Quoted.Name(before.Name)}: {before.Bytes} bytes at {before.Offset}, {after.Bytes} bytes at {after.Offset}");
        }
    }
}
