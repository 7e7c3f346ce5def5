using System.Text;

namespace Realm.Gguf;

/// <summary>The fixed beginning of a GGUF file: magic, version, number of tensors, number of metadata entries.</summary>
internal readonly record struct GgufHeader(uint Version, int Tensors, int Keys)
{
    private const uint NewestVersion = 3;

    /// <summary>Reads and checks the header; counts are compared with what the file can hold.</summary>
    public static GgufHeader Read(GgufInput input)
    {
        CheckMagic(input);
        uint version = input.UInt32("the version");
        // A version with empty low half is a small one seen by the wrong end.
        if (version != 0 && (version & 0xFFFF) == 0)
            throw input.Error(ErrorCode.Endian, $"the version is 0x{version:X8}: the file was written for a big-endian machine; only little-endian files are read");
        if (version is 0 or > NewestVersion)
            throw input.Error(ErrorCode.Version, $"GGUF version {version}; versions 1 to {NewestVersion} are read");
        if (version == 1) input.CountBytes = 4;
        int width = input.CountBytes;

        // Least possible sizes. A tensor: name length and one byte, number of extents, one extent, type, offset.
        // A metadata entry: key length and one byte, type, one byte.
        int tensors = input.Count("the number of tensors", GgufLimits.Tensors, width + 1 + 4 + width + 4 + 8);
        int keys = input.Count("the number of metadata entries", GgufLimits.Keys, width + 1 + 4 + 1);
        return new GgufHeader(version, tensors, keys);
    }

    private static void CheckMagic(GgufInput input)
    {
        ReadOnlySpan<byte> magic = "GGUF"u8;
        ReadOnlySpan<byte> start = input.Peek(64);
        if (start.Length < magic.Length && magic.StartsWith(start))
            throw input.Error(ErrorCode.Truncated, start.IsEmpty ? "the file is empty" : $"the file has {start.Length} bytes, less than the magic 'GGUF'");
        if (!start.StartsWith(magic))
            throw input.Error(ErrorCode.NotGguf, $"not a GGUF file: it must begin with 'GGUF', but {WhatItIs(start)}");
        input.Take(magic.Length, "the magic");
    }

    /// <summary>Names the files that people have by mistake where a model should be.</summary>
    private static string WhatItIs(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "it is a git-lfs pointer: the model itself was not downloaded (git lfs pull)";
        if (start.StartsWith("FUGG"u8))
            return "it begins with 'FUGG': it was written for a big-endian machine";
        if (start.StartsWith("lmgg"u8) || start.StartsWith("fmgg"u8) || start.StartsWith("tjgg"u8)
            || start.StartsWith("GGML"u8) || start.StartsWith("GGJT"u8) || start.StartsWith("GGMF"u8))
            return "it is a model in the older GGML format: convert it to GGUF";
        if (start.StartsWith("PK\u0003\u0004"u8))
            return "it is a ZIP archive (PyTorch checkpoints are): convert it to GGUF";
        if (start.Length > 9 && start[8] == '{' && start[7] == 0)
            return "it looks like a safetensors file: convert it to GGUF";

        string text = Encoding.Latin1.GetString(start).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!DO", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "it is an HTML page, probably a web site's answer instead of the model";
        return $"it begins with {Quoted.Name(start[..Math.Min(start.Length, 8)])}";
    }
}
