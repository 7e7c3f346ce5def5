using Realm.Gguf;
using Xunit;

namespace Realm.Tests.Gguf;

/// <summary>What the tests of this folder ask again and again.</summary>
internal static class Expect
{
    /// <summary>Longest message a user should get: the caller's error buffer has 2 KiB, so nothing is cut.</summary>
    private const int MessageLength = 1000;

    /// <summary>Reading the file fails with this code, and the message contains each of these texts.</summary>
    public static void Error(ErrorCode code, GgufWriter file, params string[] parts) => Error(code, () => file.Read(), parts);

    /// <summary>Reading the bytes fails with this code, and the message contains each of these texts.</summary>
    public static void Error(ErrorCode code, byte[] file, params string[] parts) =>
        Error(code, () => GgufFile.Read(new MemoryStream(file), GgufWriter.FewBlockSizes), parts);

    /// <summary>An action fails with this code, and the message contains each of these texts.</summary>
    public static void Error(ErrorCode code, Action action, params string[] parts)
    {
        var e = Assert.Throws<RealmException>(action);
        Assert.True(code == e.Code, $"expected {code}, got {e.Code}: {e.Message}");
        foreach (string part in parts) Assert.Contains(part, e.Message);
        Assert.InRange(e.Message.Length, 10, MessageLength);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }
}
