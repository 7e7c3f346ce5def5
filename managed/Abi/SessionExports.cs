using System.Runtime.InteropServices;
using Realm.Generation;

namespace Realm.Abi;

/// <summary>realm.h, "sessions".</summary>
internal static unsafe class SessionExports
{
    // int32_t realm_session_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *session, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_open")]
    public static int Open(ulong model, byte* options, ulong optionsLength, ulong* session, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(session, 1, 1, "session");
        SessionOptions how = SessionOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        *session = Engine.Sessions.Add(new OpenSession(Engine.Model(model), how));
    });

    // int32_t realm_session_fork(uint64_t session, uint64_t *fork, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_fork")]
    public static int Fork(ulong session, ulong* fork, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(fork, 1, 1, "fork");
        *fork = Engine.Sessions.Add(Engine.Session(session).Fork());
    });

    // int32_t realm_session_rewind(uint64_t session, uint64_t length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_rewind")]
    public static int Rewind(ulong session, ulong length, RealmError* error) =>
        Boundary.Run(error, () => Engine.Session(session).Rewind((long)Math.Min(length, long.MaxValue)));

    // int32_t realm_session_tokens(uint64_t session, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_tokens")]
    public static int Tokens(ulong session, uint* ids, ulong capacity, ulong* count, RealmError* error) => Boundary.Run(error, () =>
    {
        int[] tokens = Engine.Session(session).Ids;
        Results.Set(count, (ulong)tokens.Length, "count");
        if ((ulong)tokens.Length <= capacity)
        {
            Arguments.Check(ids, (ulong)tokens.Length, ulong.MaxValue, "ids");
            MemoryMarshal.Cast<int, uint>(tokens).CopyTo(new Span<uint>(ids, tokens.Length));
        }
    });

    // int32_t realm_session_generate_start(uint64_t session, int32_t whole, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_generate_start")]
    public static int GenerateStart(
        ulong session,
        int whole,
        byte* text,
        ulong length,
        uint* ids,
        ulong count,
        byte* options,
        ulong optionsLength,
        delegate* unmanaged<void*, void> notify,
        void* user,
        ulong* job,
        RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        OpenSession open = Engine.Session(session);
        GenerationOptions how = GenerationOptionTable.Read(Arguments.Bytes(options, optionsLength, "options"));
        *job = Engine.Register(text == null
            ? open.Generate(Arguments.Ids(ids, count), whole != 0, how, notify, user)
            : open.GenerateText(Arguments.Bytes(text, length, "text"), how, notify, user));
    });

    // int32_t realm_session_save_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_save_start")]
    public static int SaveStart(
        ulong session, byte* path, ulong length, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        *job = Engine.Register(SessionFileJob.Save(Engine.Session(session), Arguments.Path(path, length), notify, user));
    });

    // int32_t realm_session_restore_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_restore_start")]
    public static int RestoreStart(
        ulong session, byte* path, ulong length, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        *job = Engine.Register(SessionFileJob.Restore(Engine.Session(session), Arguments.Path(path, length), notify, user));
    });

    // int32_t realm_session_close(uint64_t session, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_session_close")]
    public static int Close(ulong session, RealmError* error) => Boundary.Run(error, () =>
    {
        if (Engine.Sessions.Remove(session) is { } open)
        {
            open.Close();
        }
        else
        {
            // Closed before: nothing to do. Never given: says so.
            _ = Engine.Sessions.WasGiven(session) ? null : Engine.Session(session);
        }
    });
}
