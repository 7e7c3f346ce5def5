using System.Runtime.InteropServices;
using System.Text;

namespace Realm.Gguf;

/// <summary>Opens a file to read. Anything but a regular file is refused before it is opened: opening a pipe waits for a writer.</summary>
internal static class RegularFile
{
    // File type bits of st_mode; the same on every Unix.
    private const int TypeMask = 0xF000;
    private const int Folder = 0x4000;
    private const int Regular = 0x8000;

    /// <summary>Opens for reading. The stream has no buffer of its own.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.NotRegular"/>, <see cref="ErrorCode.Io"/> (with the path) or <see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static FileStream Open(string path)
    {
        string shown = Quoted.Path(path);
        if (path.Length == 0) throw new RealmException(ErrorCode.InvalidArgument, "the path of the model is empty");
        if (path.Contains('\0')) throw new RealmException(ErrorCode.InvalidArgument, $"{shown}: a path cannot contain a zero byte");
        try
        {
            RefuseOther(path);
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RealmException(ErrorCode.Io, $"{shown}: no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw new RealmException(ErrorCode.Io, $"{shown}: permission denied");
        }
        catch (PathTooLongException)
        {
            throw new RealmException(ErrorCode.Io, $"{shown}: the path is too long ({path.Length} characters)");
        }
        catch (IOException e)
        {
            // The texts of system errors are stripped from the native build; the number is not.
            throw new RealmException(ErrorCode.Io, $"{shown}: cannot be opened (operating system error {e.HResult & 0xFFFF})");
        }
    }

    /// <summary>Refuses a path of something else than a file: what is written in its place would be gone. A path of nothing is none of that.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.NotRegular"/>.</exception>
    public static void RefuseOther(string path)
    {
        if (WhyNotRegular(path) is { } reason)
            throw new RealmException(ErrorCode.NotRegular, $"{Quoted.Path(path)}: {reason}; expected a file");
    }

    /// <summary>What the path names instead of a regular file; null when it is one, or when it cannot be told (opening will say why).</summary>
    private static string? WhyNotRegular(string path)
    {
        if (OperatingSystem.IsWindows()) return Directory.Exists(path) ? "it is a folder" : null;

        // .NET has no public way to ask for the type of a file without opening it, so this calls the runtime's own wrapper
        // of stat(2), whose result (pal_io.h, FileStatus) has the mode as its second 32-bit number on every Unix.
        // The array is twice as large as that structure.
        byte[] status = new byte[256];
        if (Stat(Encoding.UTF8.GetBytes(path + '\0'), status) != 0) return null;
        return (BitConverter.ToInt32(status, 4) & TypeMask) switch
        {
            Regular => null,
            Folder => "it is a folder",
            _ => "it is a device, pipe or socket",
        };
    }

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    private static extern int Stat(byte[] path, byte[] status);
}
