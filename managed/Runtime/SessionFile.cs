using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Realm.Gguf;
using Realm.Kernels;
using Realm.State;

namespace Realm.Runtime;

/// <summary>What a session's file must agree with to be read: other weights would have computed something else.</summary>
/// <param name="Model">Hash of the model's file.</param>
/// <param name="Adapters">Hash of the adapters' files.</param>
public readonly record struct SessionOrigin(UInt128 Model, UInt128 Adapters);

/// <summary>
/// The file of a session: a header of 112 bytes (magic, version, what it belongs to, sizes), ids, the pages and the numbers of the fixed slots as they
/// lie in memory, and a hash of all that, each little-endian. It is written under another name and then renamed, so it is whole or not there.
/// </summary>
internal static unsafe class SessionFile
{
    private const ulong Magic = 0x5345534D4C414552;     // "REALMSES"
    private const uint Version = 1;
    private const int HeaderBytes = 112;
    private const int HashBytes = 16;
    private const uint MayBecomeLong = 1;

    /// <summary>Writes a session.</summary>
    /// <param name="path">Where. A file that is there is replaced, once the new one is whole.</param>
    /// <param name="origin">What it belongs to.</param>
    /// <param name="model">The model.</param>
    /// <param name="ids">The text.</param>
    /// <param name="session">What is remembered of its beginning; null: nothing.</param>
    /// <param name="isCancelled">Asked now and then.</param>
    /// <exception cref="RealmException">E_IO, E_NOT_REGULAR, E_CANCELLED; then the path is as it was.</exception>
    public static void Write(string path, SessionOrigin origin, Model model, ReadOnlySpan<int> ids, Session? session, Func<bool> isCancelled)
    {
        // A rename would put the file in the place of a device.
        RegularFile.RefuseOther(path);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                Write(new HashedStream(file, isCancelled), origin, model, ids, session);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            Delete(temporary);
            if (e is not (IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException))
                throw;
            string why = e is DirectoryNotFoundException ? "no such folder"
                : e is UnauthorizedAccessException ? "permission denied" : $"operating system error {e.HResult & 0xFFFF}";
            throw new RealmException(ErrorCode.Io, $"{Quoted.Path(path)}: the session cannot be written ({why})");
        }
    }

    /// <summary>Reads what <see cref="Write(string, SessionOrigin, Model, ReadOnlySpan{int}, Session?, Func{bool})"/> has written.</summary>
    /// <returns>The text, and what is remembered of its beginning.</returns>
    /// <exception cref="RealmException">E_SESSION_FILE: no such file's content, damaged, or of another model; E_IO, E_NOT_REGULAR; E_OUT_OF_MEMORY;
    /// E_CANCELLED.</exception>
    public static (int[] Ids, Session Session) Read(string path, SessionOrigin origin, Model model, float[]? strengths, Func<bool> isCancelled)
    {
        using FileStream file = RegularFile.Open(path);
        try
        {
            return Read(new HashedStream(file, isCancelled), file.Length, Quoted.Path(path), origin, model, strengths);
        }
        catch (IOException e)
        {
            string why = e is EndOfStreamException ? "it has become shorter" : $"operating system error {e.HResult & 0xFFFF}";
            throw new RealmException(ErrorCode.Io, $"{Quoted.Path(path)}: the session cannot be read ({why})");
        }
    }

    private static void Write(HashedStream to, SessionOrigin origin, Model model, ReadOnlySpan<int> ids, Session? session)
    {
        StatePlan plan = model.State;
        int length = session?.Length ?? 0;
        Sizes sizes = new(plan, ids.Length, length);
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], session is { State.MayBecomeLong: true } ? MayBecomeLong : 0);
        BinaryPrimitives.WriteUInt128LittleEndian(header[16..], origin.Model);
        BinaryPrimitives.WriteUInt128LittleEndian(header[32..], plan.Hash());
        BinaryPrimitives.WriteUInt128LittleEndian(header[48..], AdaptersHash(origin, session?.State.AdapterStrengths ?? model.Strengths));
        BinaryPrimitives.WriteUInt64LittleEndian(header[64..], (ulong)ids.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[80..], (ulong)plan.PageBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[88..], (ulong)sizes.Pages);
        BinaryPrimitives.WriteUInt64LittleEndian(header[96..], (ulong)sizes.Numbers);
        to.Write(header);
        to.Write(MemoryMarshal.AsBytes(ids));
        for (int page = 0; page < sizes.Pages; page++)
            WritePage(to, plan, session!.State, page, Math.Min(checked(length - page * KeyBlock.Keys), KeyBlock.Keys));
        if (sizes.Numbers > 0)
            WriteNumbers(to, plan, session!.State);
        Span<byte> hash = stackalloc byte[HashBytes];
        to.Hash(hash);
        to.Write(hash);
    }

    // What stands behind the last position, of a text that was taken back perhaps, is nobody's business.
    private static void WritePage(HashedStream to, StatePlan plan, SequenceState state, int index, int positions)
    {
        byte* page = state.SharePage(index);
        byte* copy = null;
        try
        {
            if (positions < KeyBlock.Keys)
            {
                copy = StateMemory.NewPage(plan.PageBytes);
                NativeMemory.Copy(page, copy, (nuint)plan.PageBytes);
                foreach (KeyValueSlot slot in plan.KeyValueSlots)
                    slot.Clear(copy, positions);
            }
            to.Write(copy == null ? page : copy, plan.PageBytes);
        }
        finally
        {
            StateMemory.Leave(page, plan.PageBytes);
            if (copy != null)
                StateMemory.Leave(copy, plan.PageBytes);
        }
    }

    private static void WriteNumbers(HashedStream to, StatePlan plan, SequenceState state)
    {
        float* numbers = StateMemory.NewNumbers(plan.FixedFloats);
        try
        {
            state.CopyFixed(numbers);
            to.Write((byte*)numbers, checked(plan.FixedFloats * sizeof(float)));
        }
        finally
        {
            StateMemory.FreeNumbers(numbers, plan.FixedFloats);
        }
    }

    private static (int[] Ids, Session Session) Read(
        HashedStream from, long fileLength, string name, SessionOrigin origin, Model model, float[]? strengths)
    {
        RealmException Wrong(string what) => new(ErrorCode.SessionFile, $"{name}: {what}");
        StatePlan plan = model.State;
        if (fileLength < HeaderBytes + HashBytes)
            throw Wrong($"{fileLength} bytes are too few for a session");
        Span<byte> header = stackalloc byte[HeaderBytes];
        from.Read(header);
        if (BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
            throw Wrong("this is no file of a session");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), flags = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (version != Version)
            throw Wrong($"a session of version {version}, this engine reads version {Version}");
        if (BinaryPrimitives.ReadUInt128LittleEndian(header[16..]) != origin.Model)
            throw Wrong("a session of another model");
        if (BinaryPrimitives.ReadUInt128LittleEndian(header[32..]) != plan.Hash())
            throw Wrong("what the model remembers lies otherwise in this file: it was written with another cacheType, or by another version of the engine");
        if (BinaryPrimitives.ReadUInt128LittleEndian(header[48..]) != AdaptersHash(origin, strengths ?? model.Strengths))
            throw Wrong("the session was written with other adapters, or other scales of them");
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(header[64..]), length = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        if (count > (ulong)plan.ContextLength || length > count || flags > MayBecomeLong)
            throw Wrong("damaged: impossible sizes");
        Sizes sizes = new(plan, (int)count, (int)length);
        if (BinaryPrimitives.ReadUInt64LittleEndian(header[80..]) != (ulong)plan.PageBytes || BinaryPrimitives.ReadUInt64LittleEndian(header[88..]) != (ulong)sizes.Pages
            || BinaryPrimitives.ReadUInt64LittleEndian(header[96..]) != (ulong)sizes.Numbers || BinaryPrimitives.ReadUInt64LittleEndian(header[104..]) != 0)
            throw Wrong("damaged: sizes that contradict each other");
        if (fileLength != sizes.FileBytes)
            throw Wrong($"damaged: the file has {fileLength} bytes, the session in it {sizes.FileBytes}");
        int[] ids = new int[count];
        from.Read(MemoryMarshal.AsBytes(ids.AsSpan()));
        if (Array.Exists(ids, id => (uint)id >= (uint)model.Config.VocabSize))
            throw Wrong("damaged: a token that is not in the vocabulary");
        Session session = model.NewSession(flags == MayBecomeLong, strengths);
        try
        {
            ReadState(from, plan, sizes, session.State);
            Span<byte> hash = stackalloc byte[HashBytes], written = stackalloc byte[HashBytes];
            from.Hash(hash);
            from.Read(written);
            if (!hash.SequenceEqual(written))
                throw Wrong("damaged: its content is not what was written");
            session.Length = (int)length;
            return (ids, session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static void ReadState(HashedStream from, StatePlan plan, Sizes sizes, SequenceState state)
    {
        for (int page = 0; page < sizes.Pages; page++)
        {
            state.TakePage(page, StateMemory.NewPage(plan.PageBytes));
            from.Read((byte*)state.Page(page), plan.PageBytes);
        }
        if (sizes.Length == 0)
            return;
        float* numbers = sizes.Numbers > 0 ? StateMemory.NewNumbers(sizes.Numbers) : null;
        try
        {
            if (numbers != null)
                from.Read((byte*)numbers, checked(sizes.Numbers * sizeof(float)));
            state.Resume(sizes.Length, numbers);
        }
        finally
        {
            StateMemory.FreeNumbers(numbers, sizes.Numbers);
        }
    }

    private static UInt128 AdaptersHash(SessionOrigin origin, float[] strengths)
    {
        XxHash128 hash = new();
        Span<byte> adapters = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(adapters, origin.Adapters);
        hash.Append(adapters);
        hash.Append(MemoryMarshal.AsBytes(strengths.AsSpan()));
        return hash.GetCurrentHashAsUInt128();
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // What stopped the writing stops this too, and is what is told.
        }
    }

    /// <summary>Sizes that follow from the plan and two numbers.</summary>
    private readonly struct Sizes(StatePlan plan, int count, int length)
    {
        public int Length => length;

        public int Pages { get; } = plan.PageBytes > 0 ? (length + KeyBlock.Keys - 1) / KeyBlock.Keys : 0;

        public long Numbers { get; } = length > 0 ? plan.FixedFloats : 0;

        public long FileBytes => checked(HeaderBytes + (long)count * sizeof(int) + Pages * plan.PageBytes + Numbers * sizeof(float) + HashBytes);
    }
}
