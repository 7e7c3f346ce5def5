using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

/// <summary>Names come from files that may be damaged or hostile, and messages go to terminals and logs.</summary>
public class MessageTests
{
    [Fact]
    public void LongNamesAreCut()
    {
        string key = new('k', 60_000);
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add(key, 1).Add(key, 2), $"'{new string('k', 100)}...' (60000 characters): is there twice");
        Expect.Error(ErrorCode.Key, new GgufWriter().Add('\n' + key, 1), "'\\u000Ak", "...' (60001 characters)");
        byte[] invalid = [.. Enumerable.Repeat((byte)0xFF, 60_000)];
        Expect.Error(ErrorCode.Key, new GgufWriter().AddRaw(invalid, 0, o => o.Bytes(1)), "...' (60000 bytes) is not UTF-8");
    }

    [Fact]
    public void InvisibleCharactersAreEscaped()
    {
        // A direction mark, a line separator, and a pair that must stay together.
        const string key = "a\u202Eb\u2028c\U0001F600";
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add(key, 1).Add(key, 2), "'a\\u202Eb\\u2028c\U0001F600'");
    }

    /// <summary>One character may become six, of a path and of two names.</summary>
    [Fact]
    public void EscapingIsCutAsWell()
    {
        string path = new('\u200B', 300), a = "a" + new string('\u200B', 20), b = "b" + new string('\u200B', 20);
        byte[] file = new GgufWriter().TensorInfo(a, 0, [4], 0).TensorInfo(b, 0, [4], 0).Data(new byte[64]).ToArray();
        Expect.Error(ErrorCode.Overlap, () => GgufFile.Read(new MemoryStream(file), GgufWriter.FewBlockSizes, path), "\\u200B", "'a\\u200B");
        string hidden = new('\u200B', 20_000);
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add(hidden, 1).Add(hidden, 2), "\\u200B\\u200B", "...' (20000 characters)");
        Expect.Error(ErrorCode.Duplicate, new GgufWriter().Add(hidden[..50], 1).Add(hidden[..50], 2), "\\u200B\\u200B", "...': is there twice");
    }

    [Fact]
    public void PathsKeepTheirEnd()
    {
        string name = new string('d', 5000) + "/\u001B[2Jmodel.gguf";
        Expect.Error(ErrorCode.Truncated, () => GgufFile.Read(new MemoryStream(), GgufWriter.FewBlockSizes, name), "...ddd", "/\\u001B[2Jmodel.gguf: header: the file is empty");
        name = new string('d', 301);
        Expect.Error(ErrorCode.Truncated, () => GgufFile.Read(new MemoryStream(), GgufWriter.FewBlockSizes, name), $"...{name[1..]}: header");
    }
}
